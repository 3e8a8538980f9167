"use strict";
// All that needs a script: the page is whole without it.
const root = document.documentElement;
const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const dark = getComputedStyle(root).getPropertyValue("--dark").trim() === "1";
  root.dataset.theme = dark ? "light" : "dark";
});
for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
}
// A finger cannot point: what a part's title says is told below the picture, too.
const told = document.querySelector(".told");
for (const mark of document.querySelectorAll(".mark")) {
  const tell = () => { told.textContent = mark.dataset.told; };
  mark.addEventListener("click", tell);
  mark.addEventListener("focus", tell);
}
