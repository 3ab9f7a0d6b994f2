// Keys of the review, the focus on what is to be mended, and the signature by passkey. All pages work without it,
// but for the passkey.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

document.querySelector("#faults:not([hidden])")?.focus();

const signing = document.querySelector("#signing");
const sign = async () => {
  const field = document.querySelector("#assertion");
  const options = JSON.parse(signing.dataset.options);
  try {
    const given = await navigator.credentials.get({
      publicKey: {
        challenge: bytes(options.challenge),
        rpId: options.rp,
        allowCredentials: options.credentials.map((id) => ({ type: "public-key", id: bytes(id) })),
        userVerification: "required",
      },
    });
    field.value = JSON.stringify({
      id: text(given.rawId),
      clientDataJSON: text(given.response.clientDataJSON),
      authenticatorData: text(given.response.authenticatorData),
      signature: text(given.response.signature),
    });
    signing.submit();
  } catch (error) {
    const box = document.querySelector("#faults");
    document.querySelector("#fault").textContent = `${error.name}: ${error.message}`;
    box.hidden = false;
    box.focus();
  }
};
signing?.addEventListener("submit", (event) => {
  event.preventDefault();
  sign();
});
if (signing && JSON.parse(signing.dataset.options).now) sign();
