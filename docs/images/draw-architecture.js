// Draws docs/images/architecture.svg: `node docs/images/draw-architecture.js`. A test compares the file with this drawing.
// The packages and the arrows between them come from the manifests, and the stores from their pages in docs/stores.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const file = new URL('architecture.svg', import.meta.url)

/** The position of each package in the drawing: `[x, y, width]`. If a package is missing here, the script throws. */
const PLACES = {
  express: [250, 92, 130],
  koa: [396, 92, 110],
  fastify: [522, 92, 130],
  node: [250, 176, 110],
  core: [396, 260, 110],
  instruments: [522, 176, 130],
  rpc: [564, 260, 88],
  drivers: [250, 344, 110],
  cli: [826, 344, 138],
  viewer: [826, 428, 138],
  report: [826, 512, 138],
}
const BOX_HEIGHT = 40
const ZONES = [
  { title: 'Caller', x: 20, y: 52, width: 150, height: 128, lines: ['osprofiler run,', 'curl, a browser,', 'a test'] },
  { title: 'Your service', x: 226, y: 52, width: 450, height: 352 },
  {
    title: 'Next service',
    x: 802,
    y: 52,
    width: 186,
    height: 128,
    lines: ['another Node service,', 'or OpenStack in Python:', 'the same protocol'],
  },
  { title: 'The command', x: 802, y: 304, width: 186, height: 268 },
]

const packages = readdirSync(new URL('packages/', root)).map(readPackage)

/** Returns the drawing as the text of an SVG file. */
export function drawArchitecture() {
  const stores = listStores()
  return `${[
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1008 592" role="img" aria-labelledby="title description">',
    '<title id="title">How a signed request becomes a tree</title>',
    `<desc id="description">${describe(stores)}</desc>`,
    STYLE,
    '<defs>',
    arrowHead('flow'),
    arrowHead('import'),
    '</defs>',
    '<rect class="ground" width="1008" height="592"/>',
    ...ZONES.flatMap(drawZone),
    ...packages.flatMap(({ folder, imports }) => imports.map(target => drawImport(folder, target))),
    ...packages.map(({ folder }) => drawPackage(folder)),
    ...drawStore(stores),
    ...FLOWS.flatMap(drawFlow),
    '</svg>',
  ].join('\n')}\n`
}

const STYLE = `<style>
  text { font: 14px system-ui, sans-serif; fill: #1f2933; text-anchor: middle }
  .title { font-weight: 600 }
  .small { font-size: 12px; fill: #52606d }
  .label { font-size: 12px; fill: #7a3e00 }
  .ground { fill: #ffffff }
  .zone { fill: #f5f7fa; stroke: #cbd2d9 }
  .box { fill: #ffffff; stroke: #52606d }
  .store { fill: #e8f0fb; stroke: #35608f }
  .flow { stroke: #b45309; stroke-width: 2.5; fill: none }
  .import { stroke: #9aa5b1; fill: none }
  marker .flow { fill: #b45309; stroke: none }
  marker .import { fill: #9aa5b1; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb }
    .small { fill: #9aa5b1 }
    .label { fill: #f6b26b }
    .ground { fill: #0d1117 }
    .zone { fill: #161b22; stroke: #3e4c59 }
    .box { fill: #1f2630; stroke: #7b8794 }
    .store { fill: #17263a; stroke: #6ea8e0 }
    .flow { stroke: #f0883e }
    .import { stroke: #616e7c }
    marker .flow { fill: #f0883e }
    marker .import { fill: #616e7c }
  }
</style>`

/** The thick arrows: the path of a request and of its records. `x` and `y` are the position of the label. */
const FLOWS = [
  { path: 'M170 112 H250', label: 'signed', x: 198, y: 102 },
  { path: 'M652 196 C720 196 740 130 802 124', label: 'signed again', x: 738, y: 116 },
  { path: 'M396 290 C380 330 372 352 360 360', label: 'records', x: 410, y: 342 },
  { path: 'M305 384 V462', label: 'in batches', x: 346, y: 436 },
  { path: 'M850 180 C820 300 690 470 482 500', label: 'its records', x: 758, y: 250 },
  { path: 'M482 532 C640 548 730 420 826 374', label: 'one trace', x: 676, y: 528 },
]

function readPackage(folder) {
  const manifest = JSON.parse(readFileSync(new URL(`packages/${folder}/package.json`, root), 'utf8'))
  const wanted = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  if (PLACES[folder] === undefined)
    throw new Error(`Give the package "${folder}" a place in ${fileURLToPath(import.meta.url)}`)
  const imports = wanted.filter(name => name.startsWith('@osprofiler/')).map(name => name.slice('@osprofiler/'.length))
  return { folder, imports }
}

function listStores() {
  const pages = readdirSync(new URL('docs/stores/', root))
  return pages.map(page => page.replace('.md', '')).sort()
}

function describe(stores) {
  return [
    'A caller signs a request. Your service verifies the signature, records the steps of the request, and signs its',
    'own requests to other services. All services send their records to the same store. The command reads the records of',
    `one trace and draws the tree. The thin arrows show which packages import which other packages. Stores: ${stores.join(', ')}.`,
  ].join(' ')
}

function drawZone({ title, x, y, width, height, lines = [] }) {
  const middle = x + width / 2
  return [
    `<rect class="zone" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    `<text class="title" x="${middle}" y="${y + 24}">${title}</text>`,
    ...lines.map((line, i) => `<text class="small" x="${middle}" y="${y + 52 + 20 * i}">${line}</text>`),
  ]
}

function drawPackage(folder) {
  const [x, y, width] = PLACES[folder]
  return [
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${BOX_HEIGHT}" rx="4"/>`,
    `<text x="${x + width / 2}" y="${y + 25}">${folder}</text>`,
  ].join('')
}

/**
 * Draws an arrow for an import, except for an import of core by a package of the command. Such an arrow would cross the
 * whole drawing, and most packages import core anyway.
 */
function drawImport(folder, target) {
  if (target === 'core' && PLACES[folder][0] > 700) return ''
  const [from, to] = [centerOf(folder), centerOf(target)]
  const end = edge(to, from, PLACES[target][2])
  return `<path class="import" marker-end="url(#import)" d="M${from.x} ${from.y} L${end.x} ${end.y}"/>`
}

function centerOf(folder) {
  const [x, y, width] = PLACES[folder]
  return { x: x + width / 2, y: y + BOX_HEIGHT / 2 }
}

/** Returns the point at which the line from `other` to `center` meets the border of the box around `center`. */
function edge(center, other, width) {
  const dx = other.x - center.x
  const dy = other.y - center.y
  const scale = Math.min(width / 2 / Math.abs(dx || 1), BOX_HEIGHT / 2 / Math.abs(dy || 1))
  return { x: Math.round(center.x + dx * scale), y: Math.round(center.y + dy * scale) }
}

function drawStore(stores) {
  const half = Math.ceil(stores.length / 2)
  return [
    '<path class="store" d="M128 476 V556 A177 14 0 0 0 482 556 V476"/>',
    '<ellipse class="store" cx="305" cy="476" rx="177" ry="14"/>',
    '<text class="title" x="305" y="510">Store</text>',
    `<text class="small" x="305" y="532">${stores.slice(0, half).join(' · ')}</text>`,
    `<text class="small" x="305" y="550">${stores.slice(half).join(' · ')}</text>`,
  ]
}

function drawFlow({ path, label, x, y }) {
  return [
    `<path class="flow" marker-end="url(#flow)" d="${path}"/>`,
    `<text class="label" x="${x}" y="${y}">${label}</text>`,
  ]
}

function arrowHead(kind) {
  return `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="${kind}" d="M0 0 L8 4 L0 8 Z"/></marker>`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(file, drawArchitecture())
