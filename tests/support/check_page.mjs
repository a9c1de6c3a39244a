// Opens pages in a real browser and prints, as JSON, what is wrong with them: scrolling sideways,
// requests, errors on the console, tables that print as lists, and what axe-core complains of.
// Usage: node check_page.mjs CHROMIUM MODULES SCREENSHOTS PAGE...
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const [chromium, modules, screenshots, ...pages] = process.argv.slice(2);
const require = createRequire(join(modules, "node_modules", "x.js"));
const playwright = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await playwright.chromium.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const problems = [];
for (const file of pages)
  for (const colorScheme of ["light", "dark"])
    for (const width of [380, 1280]) {
      const where = `${basename(dirname(file))}/${basename(file)} ${width} ${colorScheme}`;
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(`${where}: console: ${message.text()}`);
      });
      page.on("pageerror", (error) => problems.push(`${where}: ${error}`));
      page.on("dialog", (dialog) => { problems.push(`${where}: a dialog`); dialog.dismiss(); });
      page.on("request", (request) => {
        if (request.url() !== `file://${file}`)
          problems.push(`${where}: requests ${request.url()}`);
      });
      await page.goto(`file://${file}`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) problems.push(`${where}: is ${wide} wide`);
      const drawn = await page.evaluate(() =>
        [...document.querySelectorAll(".figure")].map((figure) => [...figure.querySelectorAll(".ladder")]
          .filter((one) => one.getBoundingClientRect().height > 50).length));
      for (const ladders of drawn)
        if (ladders > 1) problems.push(`${where}: shows ${ladders} ladders in one figure`);
      // A piece of a ladder may not reach far into the next, for a page may end between them.
      const cut = await page.evaluate(() => [...document.querySelectorAll(".ladder svg")]
        .filter((one) => one.getBoundingClientRect().height > 0)
        .flatMap((one) => [...one.querySelectorAll("text")].filter((text) => {
          const box = text.getBBox(), all = one.viewBox.baseVal;
          return box.x < -1 || box.x + box.width > all.width + 1 || box.y < all.y - 1 ||
            box.y + box.height > all.y + all.height + 1;
        }).map((text) => text.textContent)));
      for (const text of cut) problems.push(`${where}: the drawing cuts "${text}"`);
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run());
      for (const one of found.violations)
        problems.push(`${where}: ${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html + " " + node.failureSummary).join(" | ")}`);
      if (screenshots !== "-")
        await page.screenshot({ path: join(screenshots, `${basename(dirname(file))}-${width}-${colorScheme}.png`), fullPage: true });
      await page.close();
    }
// An A4 page between its margins is 688 pixels wide: narrower than some windows, and no telephone.
for (const file of pages) {
  const where = `${basename(dirname(file))}/${basename(file)} in print`;
  const page = await browser.newPage({ viewport: { width: 688, height: 1016 } });
  await page.emulateMedia({ media: "print" });
  await page.goto(`file://${file}`);
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 688) problems.push(`${where}: is ${wide} wide`);
  const stacked = await page.evaluate(() => [...document.querySelectorAll("table")]
    .filter((one) => getComputedStyle(one).display !== "table").length);
  if (stacked > 0) problems.push(`${where}: ${stacked} tables are lists, as on a telephone`);
  // However long a ladder is, it begins on the page on which its heading would stand.
  const ladders = await page.evaluate(() => [...document.querySelectorAll(".figure .ladder.wide")].map((one) => {
    const pieces = [...one.children].map((piece) => piece.getBoundingClientRect().height);
    const breaks = getComputedStyle(one.closest(".figure")).breakInside;
    return { tallest: Math.max(...pieces), together: breaks !== "auto" };
  }));
  for (const { tallest, together } of ladders)
    if (together || tallest > 150)
      problems.push(`${where}: the ladder is not split between pages: a piece is ${tallest} high, kept together: ${together}`);
  await page.close();
}
await browser.close();
console.log(JSON.stringify(problems, null, 1));
