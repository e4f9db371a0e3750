// Shows the items that the page carries, a page at a time. Text of models goes into text nodes only.
"use strict";
const items = JSON.parse(document.getElementById("items").textContent);
const list = document.getElementById("list"), more = document.getElementById("more"), count = document.getElementById("count");
const search = document.getElementById("search"), kind = document.getElementById("kind");
const step = 50;
let shown = 0, found = [];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function field(parent, name, text) {
  if (text === undefined || text === null || text === "") return;
  parent.append(element("div", name, "soft"), element("pre", text));
}

function entry(item) {
  const details = element("details"), head = element("summary");
  head.append(element("strong", item.mark, item.right === true ? "good" : item.right === false ? "bad" : ""), " " + item.id + (item.group ? " · " + item.group : "") + (item.note ? " · " + item.note : ""));
  details.append(head);
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    const body = element("div");
    field(body, "Prompt", item.prompt);
    for (const answer of item.answers) {
      field(body, (answer.run ? answer.run + ": " : "") + "Answer", answer.output);
      field(body, (answer.run ? answer.run + ": " : "") + "Log-likelihoods", answer.scores);
      field(body, (answer.run ? answer.run + ": " : "") + "Read as (rule " + (answer.rule || "none") + ")", answer.read === null ? "(nothing could be read)" : answer.read);
      field(body, (answer.run ? answer.run + ": " : "") + "Marks", answer.marks);
      field(body, "Error", answer.error);
    }
    field(body, "Right answer", item.target);
    details.append(body);
  });
  return details;
}

function show() {
  for (const item of found.slice(shown, shown + step)) list.append(entry(item));
  shown = Math.min(shown + step, found.length);
  more.hidden = shown >= found.length;
  count.textContent = found.length + " of " + items.length + " items";
}

function filter() {
  const words = search.value.toLowerCase(), wanted = kind.value;
  found = items.filter(item => (!wanted || item.kinds.includes(wanted)) && (!words || JSON.stringify(item).toLowerCase().includes(words)));
  list.replaceChildren();
  shown = 0;
  show();
}

search.addEventListener("input", filter);
kind.addEventListener("change", filter);
more.addEventListener("click", show);
filter();
