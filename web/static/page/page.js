// Tells whether the service is ready.

const health = document.querySelector("#health");
const answer = await fetch("status");
const { status, errors } = await answer.json();
health.textContent = [`The service is ${status}.`, ...errors].join(" ");
