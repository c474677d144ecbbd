/**
 * The text if it is a path of this origin, else `/`: what may be given to a router after a sign-in. Addresses of
 * other origins, in any of the spellings that browsers read as such (`//other`, `/\other`, a tab in between), are not;
 * nor are paths that become one once their dots are resolved (`/.//other`).
 */
export const safeReturnTo = (text: string | null | undefined): string =>
  text && /^(?![^?#]*[/\\]{2})\/[^\t\n\r]*$/.test(text) ? text : '/'
