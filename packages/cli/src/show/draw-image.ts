import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { createFailure, messageOf } from '../output/create-failure.js'
import { resolveOwnFile } from '../output/resolve-own-file.js'

/** The format of the image that `--render-dot` draws. The file name extension selects the format. */
export type ImageFormat = 'svg' | 'png'

/**
 * Graphviz estimates the width of text with this font's metrics. DejaVu Sans Condensed, the font of PNGs, is about as
 * wide.
 */
const GRAPH_FONT = { fontname: 'Arial' }
const FONT_PATH = resolveOwnFile('dist/fonts/DejaVuSansCondensed.ttf')
const FONT_FAMILY = 'DejaVu Sans'
/**
 * The package that converts an SVG to a PNG. Users install it themselves, because it takes 2.5 MB, and because its
 * license differs from that of the other packages.
 */
const PNG_PACKAGE = '@resvg/resvg-wasm'

/** Larger images are scaled down, because viewers fail to show them and WebAssembly runs out of memory. */
const MAX_SIDE_PX = 20_000
const MAX_PIXELS = 60_000_000

/**
 * Returns the format for a file name extension. Throws `ERR_CONFIGURATION` for any extension except `.svg` and `.png`,
 * and `ERR_MISSING_CLIENT` for `.png` if the package that creates PNGs is not installed.
 */
export async function chooseImageFormat(file: string): Promise<ImageFormat> {
  const extension = extname(file).toLowerCase()
  if (extension === '.svg') return 'svg'
  if (extension === '.png') {
    if (isPngPackageInstalled()) return 'png'
    throw await createFailure(
      'ERR_MISSING_CLIENT',
      `--render-dot cannot draw ${file} without ${PNG_PACKAGE}: run "npm install ${PNG_PACKAGE}" where osprofiler is installed, or draw .svg.`,
    )
  }
  const hint =
    extension === '.pdf'
      ? 'PDF needs Graphviz: draw .svg and print it, or use --dot --out FILE and "dot -Tpdf"'
      : 'Give a file that ends in .svg or .png'
  throw await createFailure('ERR_CONFIGURATION', `--render-dot cannot draw ${file}. ${hint}.`)
}

/**
 * Draws a graph in the DOT language. Graphviz and resvg run as WebAssembly, so that no program has to be installed. The
 * font of PNGs contains Latin, Greek, Cyrillic, Arabic and Hebrew letters, and symbols. An SVG uses the viewer's fonts.
 * Throws `ERR_CONFIGURATION` if the graph is too large.
 */
export async function drawImage(dot: string, format: ImageFormat): Promise<string | Uint8Array> {
  const svg = await drawSvg(dot)
  return format === 'svg' ? svg : await drawPng(svg)
}

function isPngPackageInstalled(): boolean {
  try {
    import.meta.resolve(PNG_PACKAGE)
    return true
  } catch {
    return false
  }
}

async function drawSvg(dot: string): Promise<string> {
  const { instance } = await import('@viz-js/viz')
  const viz = await instance()
  try {
    return viz.renderString(dot, {
      format: 'svg',
      graphAttributes: GRAPH_FONT,
      nodeAttributes: GRAPH_FONT,
      edgeAttributes: GRAPH_FONT,
    })
  } catch (cause) {
    throw await createTooLargeError(cause)
  }
}

let resvg: ReturnType<typeof loadResvg> | undefined

/** Loads resvg. All images share it, because it can be initialized only once in a process. */
async function loadResvg() {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
  await initWasm(await readFile(new URL(import.meta.resolve(`${PNG_PACKAGE}/index_bg.wasm`))))
  return Resvg
}

async function drawPng(svg: string): Promise<Uint8Array> {
  resvg ??= loadResvg()
  const Resvg = await resvg
  const font = await readFile(FONT_PATH)
  try {
    const options = {
      background: 'white',
      font: { fontBuffers: [font], defaultFontFamily: FONT_FAMILY, sansSerifFamily: FONT_FAMILY },
    }
    const { width, height } = new Resvg(svg, options)
    const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height), Math.sqrt(MAX_PIXELS / (width * height)))
    const fitTo = { mode: 'width' as const, value: Math.max(1, Math.floor(width * scale)) }
    return new Resvg(svg, { ...options, fitTo }).render().asPng()
  } catch (cause) {
    throw await createTooLargeError(cause)
  }
}

async function createTooLargeError(cause: unknown): Promise<Error> {
  const reason = messageOf(cause)
  return createFailure(
    'ERR_CONFIGURATION',
    `This trace cannot be drawn as a graph (${reason}). Use --html, which has no size limit.`,
    { cause },
  )
}
