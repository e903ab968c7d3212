import { findSourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Frame, mayBeProgram, readStack, type Stack } from '@osprofiler/core/toolkit'

// Enough frames for nested plugins, or for a framework that passes a function to its router.
const MAX_FRAMES = 30
const MAX_CANDIDATES = 8
/** Files that only forward functions: the frameworks, their routers and loaders, and this project. */
const FRAMEWORK_FILES =
  /[\\/]node_modules[\\/](?:express|router|koa|koa-compose|@koa[\\/]router|koa-router|fastify|avvio|fastify-plugin|@osprofiler[\\/][a-z]+)[\\/]/

/** The place where the program passed a function to its framework. */
export interface RegistrationSite {
  /** The file and line, such as `auth.js:25` or `auth/index.js:25`, as a name for the function. Empty if unknown. */
  readonly label: string
  /** The frames of the stack that may belong to the program. The call site is chosen from them. */
  readonly stack: Stack
}

export const UNKNOWN_SITE: RegistrationSite = { label: '', stack: [] }

/**
 * Returns the place where the program is passing a function to its framework. Takes about 50 us (for 15 frames), once
 * per function.
 */
export function findRegistrationSite(): RegistrationSite {
  try {
    const frames = readStack(MAX_FRAMES)
    const ownFolder = findOwnFolder(frames[0]?.file ?? '')
    // Packages linked from a workspace are not inside a `node_modules` folder, so `isProgramFile` alone does not
    // exclude them.
    const coreFolder = ownFolder.replace(/instruments(?=[\\/]dist[\\/]$)/, 'core')
    const frame = frames.find(
      ({ file }) => isProgramFile(file) && !file.startsWith(ownFolder) && !file.startsWith(coreFolder),
    )
    return {
      label: (frame && formatSite(frame)) ?? '',
      stack: frames.filter(({ file }) => mayBeProgram(file)).slice(0, MAX_CANDIDATES),
    }
  } catch {
    // Reading the stack fails if the program has frozen `Error`.
    return UNKNOWN_SITE
  }
}

/** The folder of this package, or of the bundle that contains this package. */
function findOwnFolder(file: string): string {
  return file.replace(/(?:(?<=[\\/]dist[\\/])frameworks[\\/])?[^\\/]*$/, '')
}

function isProgramFile(file: string): boolean {
  return /^(?:file:|[\\/]|[a-z]:[\\/])/i.test(file) && !FRAMEWORK_FILES.test(file)
}

function formatSite(frame: Frame): string | undefined {
  const { file, line } = mapToSource(frame)
  const [folder, name] = file.split(/[\\/]/).slice(-2)
  if (name === undefined || line === 0) return undefined
  return `${/^index\.\w+$/.test(name) ? `${folder}/${name}` : name}:${line}`
}

/** Returns the position in the original source, if Node knows it (`--enable-source-maps`). */
function mapToSource({ file, line, column }: Frame): Pick<Frame, 'file' | 'line'> {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
  if (entry !== undefined && 'originalSource' in entry) {
    return { file: entry.originalSource, line: entry.originalLine + 1 }
  }
  return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line }
}
