import { findSourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Frame, readStack } from '../wrapping/read-stack.js'

// Deeper than a framework that hands a function on to its router, and deeper than a plugin in plugins.
const FRAMES = 30
/** What only hands on what it was given: the frameworks, their routers and loaders, and this project. */
const PASSED_BY =
  /[\\/]node_modules[\\/](?:express|router|koa|koa-compose|@koa[\\/]router|koa-router|fastify|avvio|fastify-plugin|@osprofiler[\\/][a-z]+)[\\/]/
/**
 * Where a program gives a function to its framework just now, as `auth.js:25`: the name of a function that has no name. A
 * file that is called `index` is told with its folder. `undefined` where no file of the program is on the stack. Takes
 * about 50 microseconds (measured in 15 frames), once in the life of a function.
 */
export function registrationSite(): string | undefined {
  try {
    const frames = readStack(FRAMES)
    const own = folderOf(frames[0]?.file ?? '')
    // Where the packages are linked from a workspace, they are in no `node_modules`.
    const core = own.replace(/instruments(?=[\\/]dist[\\/]$)/, 'core')
    const frame = frames.find(({ file }) => isProgram(file) && !file.startsWith(own) && !file.startsWith(core))
    return frame === undefined ? undefined : show(frame)
  } catch {
    // A program may have frozen `Error`.
    return undefined
  }
}

/** The folder that this package, or a bundle with this package in it, was loaded from. */
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

/** The place in the source that a person wrote, where Node knows it: under `--enable-source-maps`. */
function atSource({ file, line, column }: Frame): Pick<Frame, 'file' | 'line'> {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
  if (entry !== undefined && 'originalSource' in entry) {
    return { file: entry.originalSource, line: entry.originalLine + 1 }
  }
  return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line }
}
