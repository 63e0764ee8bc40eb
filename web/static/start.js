// A file of its own: the page's policy forbids scripts within it.
SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#api",
    deepLinking: true,
    displayRequestDuration: true,
    validatorUrl: null, // else it would send the document's address to a validator on the internet
});
