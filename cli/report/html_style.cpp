#include "cli/report/html_style.h"

namespace whohungup {

// Every pair of text and background has a contrast of 4.5 or more (WCAG 2.1 AA); tests measure it.
const std::string_view kHtmlStyle = R"css(
:root{color-scheme:light dark;--bg:#fff;--panel:#f5f7fa;--ink:#1a2129;--soft:#55606d;--line:#d5dbe3;
--client:#0b4fbf;--server:#0a6640;--box:#8a1ea3;--bad:#b3201a;--bad-bg:#fdeceb;--cite-bg:#f3f5f9;
--good:#0a6640;--good-bg:#e7f5ee;--warn:#7a4b00;--warn-bg:#fdf1dc;
--client-bg:#e6eefc;--server-bg:#e3f4eb;--box-bg:#f7e7fb;--code:#f0f3f7}
@media (prefers-color-scheme:dark){:root{--bg:#11161c;--panel:#1a212a;--ink:#e6ebf1;--soft:#a3afbc;
--line:#36424f;--client:#8fbaff;--server:#7fdcaa;--box:#e0a6f2;--bad:#ff9a92;--bad-bg:#3a1a1a;
--cite-bg:#1c242e;--good:#7fdcaa;--good-bg:#15301f;--warn:#f3c578;--warn-bg:#362a12;
--client-bg:#182b4a;--server-bg:#15301f;--box-bg:#361c40;--code:#1e2731}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",
Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main,header.top,footer{max-width:1080px;margin:0 auto;padding:0 20px}
header.top{padding-top:28px}
.eyebrow{color:var(--soft);font-size:.85rem;margin:0 0 6px;letter-spacing:.02em}
h1{font-size:clamp(1.35rem,1rem + 1.5vw,1.9rem);line-height:1.25;margin:0 0 16px;font-weight:650;
letter-spacing:-.012em;text-wrap:balance}
h2{font-size:1.22rem;margin:44px 0 12px;padding-top:4px;font-weight:650}
h3{font-size:1rem;margin:22px 0 6px;font-weight:650}
p{margin:0 0 12px;max-width:46em}
a{color:var(--client)}
code,pre,.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.875em}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:10px 12px;margin:6px 0 14px;
white-space:pre-wrap;line-height:1.45}
.verdict{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 14px}
.chip{border:1px solid var(--line);background:var(--panel);border-radius:999px;padding:3px 12px;font-size:.9rem}
.chip b{font-weight:650}
.chip.bad{background:var(--bad-bg);border-color:var(--bad);color:var(--bad)}
.chip.good{background:var(--good-bg);border-color:var(--good);color:var(--good)}
.sure{max-width:none;display:flex;flex-wrap:wrap;align-items:center;gap:6px 12px;margin:0 0 6px}
.meter{display:inline-flex;gap:3px}
.meter i{width:26px;height:8px;border-radius:3px;background:var(--line)}
.meter i.on{background:var(--ink)}
.rests{border-left:4px solid var(--bad);padding:2px 0 2px 14px;margin:14px 0}
.rests.fine{border-color:var(--good)}
.rests p{margin:0 0 4px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:10px 0 0;margin:18px 0 0;
border-top:1px solid var(--line);font-size:.9rem}
dl{display:grid;grid-template-columns:minmax(8.5rem,max-content) 1fr;gap:5px 18px;margin:0 0 12px}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
ul.why,ol.why{list-style:none;padding:0;margin:0}
ul.why li{border:1px solid var(--line);border-radius:10px;padding:12px 14px;margin:0 0 8px;background:var(--panel)}
ul.why p{margin:0 0 6px}
.meta{color:var(--soft);font-size:.86rem;max-width:none}
.badge{display:inline-block;border-radius:6px;padding:0 8px;font-size:.82rem;border:1px solid currentColor;
white-space:nowrap}
.badge.decides,.badge.possible{color:var(--bad);background:var(--bad-bg)}
.badge.points{color:var(--warn);background:var(--warn-bg)}
.badge.hints,.badge.untestable{color:var(--soft);background:var(--panel)}
.badge.excluded{color:var(--good);background:var(--good-bg)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th{color:var(--soft);font-size:.85rem;overflow-wrap:normal}
tr.differs td{background:var(--bad-bg)}
tr.ended td,tr.ended th{background:var(--bad-bg)}
td.mono,th.mono{font-size:.85rem}
.num{white-space:nowrap}
.address{min-width:11.5rem}
.figure{margin:0;border:1px solid var(--line);border-radius:12px;padding:14px;background:var(--bg)}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:10px 0 0;color:var(--soft);font-size:.88rem}
details{margin:8px 0}
summary{cursor:pointer;color:var(--client);padding:4px 0}
.ask{border:2px solid var(--ink);border-radius:12px;padding:16px 18px;background:var(--panel)}
.ask blockquote{margin:0 0 14px;font-size:1.06rem;line-height:1.5;border-left:4px solid var(--client);padding-left:12px}
.ladder svg{display:block;width:100%;height:auto;overflow:visible}
.ladder.narrow{display:none}
svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;fill:var(--ink);
font-size:13px}
svg .who{font-weight:650;font-size:15px}
svg text.client{fill:var(--client)}svg text.server{fill:var(--server)}svg text.box{fill:var(--box)}
svg .address,svg .detail,svg .time,svg .tag{fill:var(--soft);font-size:12px}
svg .address,svg .detail,svg .time{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11px}
svg .frame{font-weight:650}
svg .flags{font-weight:600;paint-order:stroke;stroke:var(--bg);stroke-width:5px;stroke-linejoin:round}
svg .flags.reset{fill:var(--bad)}
svg .tag.ended{fill:var(--bad);font-weight:650}
svg .note{font-size:12.5px}svg .note.late{fill:var(--server);font-weight:600}
svg .band{fill:var(--soft);font-style:italic;paint-order:stroke;stroke:var(--bg);stroke-width:6px}
svg .band.after{fill:var(--bad);font-style:normal;font-weight:650}
svg .rail{stroke-width:2}svg .rail.client{stroke:var(--client)}svg .rail.server{stroke:var(--server)}
svg .rail.box{stroke:var(--box);stroke-dasharray:4 6;opacity:.55}
svg .arrow{stroke-width:2}svg .arrow.client{stroke:var(--client)}svg .arrow.server{stroke:var(--server)}
svg .arrow.box{stroke:var(--box)}svg .arrow.ended{stroke:var(--bad);stroke-width:3.5}
svg .arrow.forged{stroke-dasharray:9 4}
svg .head.client{fill:var(--client)}svg .head.server{fill:var(--server)}svg .head.box{fill:var(--box)}
svg .head.ended{fill:var(--bad)}
svg .source.box{fill:var(--box)}
svg .lost{stroke:var(--bad);stroke-width:3.5;fill:none}
svg .row.ended{fill:var(--bad-bg);stroke:var(--bad)}
svg .row.cited{fill:var(--cite-bg)}
svg .cut{stroke:var(--bad);stroke-width:2;stroke-dasharray:3 4}
svg rect.record{stroke-width:1}svg rect.record.client{fill:var(--client-bg);stroke:var(--client)}
svg rect.record.server{fill:var(--server-bg);stroke:var(--server)}svg rect.record.box{fill:var(--box-bg);stroke:var(--box)}
svg rect.record.other{fill:var(--bg);stroke-dasharray:4 3}
svg text.record{font-size:11px;fill:var(--ink)}
svg.timeline{display:block;width:100%;height:auto}
svg.timeline rect.failed{fill:var(--bad)}svg.timeline rect.fine{fill:var(--good)}
svg.timeline line{stroke:var(--line)}
.span{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px;margin:6px 0 0;max-width:none;
color:var(--soft);font-size:.85rem}
footer{color:var(--soft);font-size:.88rem;margin-top:48px;padding-bottom:40px}
@media screen and (max-width:760px){.ladder.wide{display:none}.ladder.narrow{display:block}.figure{padding:10px}
main,header.top,footer{padding-left:14px;padding-right:14px}dl{grid-template-columns:1fr;gap:0 0}dd{margin-bottom:8px}
table.cards thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table.cards,table.cards tbody,table.cards tr,table.cards th,table.cards td{display:block}
table.cards tr{border-bottom:1px solid var(--line);padding:8px 0}
table.cards td,table.cards th{border:0;padding:1px 0}
table.cards td[data-label]:before{content:attr(data-label) ": ";color:var(--soft);font-size:.85rem}}
@page{size:A4;margin:14mm}
@media print{:root{--bg:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#bbb;--client:#0b4fbf;--server:#0a6640;
--box:#8a1ea3;--bad:#b3201a;--bad-bg:#fdeceb;--cite-bg:#f3f5f9;--good:#0a6640;--good-bg:#e7f5ee;--warn:#7a4b00;
--warn-bg:#fdf1dc;--client-bg:#e6eefc;--server-bg:#e3f4eb;--box-bg:#f7e7fb;--code:#f6f6f6}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
html{font-size:11.5px}body{font-size:1rem;line-height:1.42}nav{display:none}
main,header.top,footer{max-width:none;padding:0}header.top{padding-top:0}p,dl{max-width:none}
footer{margin-top:10px;break-before:avoid}footer p{margin:2px 0}
h1{font-size:1.75rem}h2{margin-top:20px;break-after:avoid}h3{break-after:avoid}
.ladder.wide{display:block!important}.ladder.narrow{display:none!important}
td[data-label="UTC"]{white-space:nowrap}th,td{padding:4px 12px 4px 0}
li,tr,pre,blockquote,.ladder svg,.legend{break-inside:avoid}.legend{break-before:avoid}
.figure{padding:6px;border-radius:6px;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.ask{padding:10px 14px;border-radius:6px}details.packets::details-content{content-visibility:visible}
.meter i{border:1px solid var(--ink)}}
)css";

}  // namespace whohungup
