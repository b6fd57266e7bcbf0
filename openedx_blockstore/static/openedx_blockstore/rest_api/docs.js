// Shows the OpenAPI document. What is tried out goes with the session of the browser, so writing
// needs the CSRF token.
(() => {
  const element = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({
    url: element.dataset.schema,
    domNode: element,
    deepLinking: true,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    requestInterceptor: (request) => {
      if (new URL(request.url, window.location.href).origin === window.location.origin) {
        request.headers["X-CSRFToken"] = element.dataset.csrf;
      }
      return request;
    },
  });
})();
