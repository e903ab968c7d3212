import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { failure, messageOf } from '../output/failure.js'
import { ownFile } from '../output/own-file.js'

/** Format of a picture from `--render-dot`, chosen by the extension of the file. */
export type ImageFormat = 'svg' | 'png'

/** Graphviz estimates widths with this font's metrics. DejaVu Sans Condensed, the font of PNGs, is about as wide. */
const FONT = { fontname: 'Arial' }
const FONT_FILE = ownFile('dist/fonts/DejaVuSansCondensed.ttf')
const FONT_FAMILY = 'DejaVu Sans'
/** Makes a PNG of an SVG. Users install it: it weighs 2.5 MB, and has another license than the other packages. */
const PNG_PACKAGE = '@resvg/resvg-wasm'

/** Viewers give up on larger pictures, and WebAssembly runs out of memory, so these are made smaller. */
const MAX_SIDE_PX = 20_000
const MAX_PIXELS = 60_000_000

/**
 * Returns the format for a file's extension. Throws `ERR_CONFIGURATION` for any but `.svg` and `.png`, and
 * `ERR_MISSING_CLIENT` for `.png` if the package that makes PNGs is not installed.
 */
export async function imageFormat(file: string): Promise<ImageFormat> {
  const extension = extname(file).toLowerCase()
  if (extension === '.svg') return 'svg'
  if (extension === '.png') {
    if (hasPngPackage()) return 'png'
    throw await failure(
      'ERR_MISSING_CLIENT',
      `--render-dot cannot draw ${file} without ${PNG_PACKAGE}: run "npm install ${PNG_PACKAGE}" where osprofiler is installed, or draw .svg.`,
    )
  }
  const hint =
    extension === '.pdf'
      ? 'PDF cannot be drawn without Graphviz: draw .svg and print that, or use --dot --out FILE and "dot -Tpdf"'
      : 'Give a file that ends in .svg or .png'
  throw await failure('ERR_CONFIGURATION', `--render-dot cannot draw ${file}. ${hint}.`)
}

/**
 * Draws a graph in the DOT language, with Graphviz and resvg as WebAssembly, so that no program has to be installed.
 * The font of PNGs has Latin, Greek, Cyrillic, Arabic, Hebrew and signs. An SVG takes the fonts of its viewer. Throws
 * `ERR_CONFIGURATION` if the graph is too large.
 */
export async function drawImage(dot: string, format: ImageFormat): Promise<string | Uint8Array> {
  const svg = await drawSvg(dot)
  return format === 'svg' ? svg : await drawPng(svg)
}

function hasPngPackage(): boolean {
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
      graphAttributes: FONT,
      nodeAttributes: FONT,
      edgeAttributes: FONT,
    })
  } catch (cause) {
    throw await tooLarge(cause)
  }
}

let painter: ReturnType<typeof loadPainter> | undefined

/** Loads resvg, which starts only once in a process, for all pictures. */
async function loadPainter() {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
  await initWasm(await readFile(new URL(import.meta.resolve(`${PNG_PACKAGE}/index_bg.wasm`))))
  return Resvg
}

async function drawPng(svg: string): Promise<Uint8Array> {
  painter ??= loadPainter()
  const Resvg = await painter
  const font = await readFile(FONT_FILE)
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
    throw await tooLarge(cause)
  }
}

async function tooLarge(cause: unknown): Promise<Error> {
  const reason = messageOf(cause)
  return failure(
    'ERR_CONFIGURATION',
    `This trace cannot be drawn as a graph (${reason}). Use --html, which takes any size.`,
    { cause },
  )
}
