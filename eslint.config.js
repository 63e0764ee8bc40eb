// The page's modules, and the script inside the HTML report.
const js = require("@eslint/js");
const globals = require("globals");

module.exports = [
    js.configs.recommended,
    {
        languageOptions: { globals: globals.browser },
        rules: {
            eqeqeq: ["error", "always", { null: "ignore" }],
            "no-implicit-coercion": "error",
            "no-restricted-properties": [
                "error",
                ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
                    property,
                    message: "Text never becomes HTML.",
                })),
            ],
            "no-shadow": "error",
            "no-var": "error",
            "prefer-const": "error",
        },
    },
    { files: ["formats/*.js"], languageOptions: { sourceType: "script" } },
    { files: ["web/static/start.js"], languageOptions: { globals: { SwaggerUIBundle: "readonly" } } },
    { files: ["eslint.config.js"], languageOptions: { sourceType: "commonjs", globals: globals.node } },
    { ignores: ["**/vendor/", ".venv*/"] },
];
