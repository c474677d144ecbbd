// Answers that bring a new body access token.
const BRINGS_TOKEN = /^\/api\/auth\/(login|refresh|password)$/;

// `persistAuthorization` stays off: it would plant a script-readable twin of the access cookie.
const ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#ui',
  deepLinking: true,
  displayRequestDuration: true,
  responseInterceptor: (response) => {
    if (response.ok && BRINGS_TOKEN.test(new URL(response.url, location.href).pathname)) {
      // The cookie half is in the browser already; this is the other one.
      ui.preauthorizeApiKey('bodyAccess', JSON.parse(response.text).access_token);
    }
    return response;
  },
});
