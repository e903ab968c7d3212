import { findSourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Frame, readStack } from '../wrapping/read-stack.js'

// Deeper than a framework that passes a function to its router, and than nested plugins.
const FRAMES = 30
/** Code that passes functions on: the frameworks, their routers and loaders, and this project. */
const PASSED_BY =
  /[\\/]node_modules[\\/](?:express|router|koa|koa-compose|@koa[\\/]router|koa-router|fastify|avvio|fastify-plugin|@osprofiler[\\/][a-z]+)[\\/]/
/**
 * Returns where the program is passing a function to its framework, such as `auth.js:25` or `auth/index.js:25`, to name
 * the function. Returns `undefined` without a file of the program. Takes about 50 us (in 15 frames), once per function.
 */
export function registrationSite(): string | undefined {
  try {
    const frames = readStack(FRAMES)
    const own = folderOf(frames[0]?.file ?? '')
    // Packages that are linked from a workspace are in no `node_modules`.
    const core = own.replace(/instruments(?=[\\/]dist[\\/]$)/, 'core')
    const frame = frames.find(({ file }) => isProgram(file) && !file.startsWith(own) && !file.startsWith(core))
    return frame === undefined ? undefined : show(frame)
  } catch {
    // A program may have frozen `Error`.
    return undefined
  }
}

/** The folder of this package, or of the bundle that contains this package. */
function folderOf(file: string): string {
  return file.replace(/(?:(?<=[\\/]dist[\\/])frameworks[\\/])?[^\\/]*$/, '')
}

function isProgram(file: string): boolean {
  return /^(?:file:|[\\/]|[a-z]:[\\/])/i.test(file) && !PASSED_BY.test(file)
}

function show(frame: Frame): string | undefined {
  const { file, line } = atSource(frame)
  const [folder, name] = file.split(/[\\/]/).slice(-2)
  if (name === undefined || line === 0) return undefined
  return `${/^index\.\w+$/.test(name) ? `${folder}/${name}` : name}:${line}`
}

/** The place in the original source, if Node knows it (`--enable-source-maps`). */
function atSource({ file, line, column }: Frame): Pick<Frame, 'file' | 'line'> {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
  if (entry !== undefined && 'originalSource' in entry) {
    return { file: entry.originalSource, line: entry.originalLine + 1 }
  }
  return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line }
}
