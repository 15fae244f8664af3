// Elements made in script. Texts are set as texts, and nothing is written as a style attribute, which the page's policy
// forbids.

const SVG = "http://www.w3.org/2000/svg";

/** An element; an attribute that is a function becomes a listener, and false or null leaves it out. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

export const button = (text, click, attributes = {}) =>
  element("button", { type: "button", click, ...attributes }, text);

/** Let the browser draw and handle input before more is computed. */
export const pause = () => globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
