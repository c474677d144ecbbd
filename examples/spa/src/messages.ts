import { isAuthError, type AuthErrorCode, type SignOutReason } from '@tandem-auth/client'

const BY_CODE: Record<AuthErrorCode, string> = {
  invalid_credentials: 'The e-mail address or the password is wrong. Try again.',
  validation_failed: 'Something is not acceptable yet.',
  too_many_requests: 'Too many attempts. Wait a little, then try again.',
  forbidden: 'This is not allowed here. Registration may be closed.',
  origin_not_allowed: 'The service does not know this page. Add its origin to server.allowed_origins.',
  unavailable: 'The service is busy or away. Nothing is lost; try again in a moment.',
  network: 'The service cannot be reached. Check your connection and try again.',
  timeout: 'The service did not answer in time. Try again.',
  signed_out: 'You are signed out. Sign in again.',
  cookies_blocked: 'Your browser keeps no cookies for this site. Allow them, then sign in again.',
  user_changed: 'Somebody else has signed in with this browser meanwhile.',
  protocol: 'The answer was not understood. Something may stand between you and the service.',
}

const BY_REASON: Record<SignOutReason, string> = {
  signed_out: 'You are signed out.',
  session_expired: 'Your session has expired. Sign in to go on.',
  session_ended: 'Your session was ended, here or on another device. Sign in to go on.',
  storage_cleared: 'The page’s half of the session has been deleted. Its cookie alone is worth nothing: sign in again.',
  replaced: 'Somebody else has signed in with this browser.',
  cookies_blocked: BY_CODE.cookies_blocked,
}

/** What to tell a person. The text of an error itself is for developers. */
export function explain(error: unknown): string {
  // What any `fetch` says, that of the client as well, if there was no answer.
  if (error instanceof TypeError) return BY_CODE.network
  if (!isAuthError(error)) return 'That did not work. Try again.'
  const wait = error.retryAfter ? ` It asks for ${error.retryAfter} seconds of patience.` : ''
  return BY_CODE[error.code] + wait
}

export const explainReason = (reason: SignOutReason | null) => reason && BY_REASON[reason]
