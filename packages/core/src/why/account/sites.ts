import { type Location, locate, prefetchMaps } from '../../call-sites/map-call-sites.js'
import { toPath, toShownFile } from '../../call-sites/program-file.js'
import { type Frame, replaceErrorMember, selectFrames } from '../../call-sites/read-stack.js'
import { readText } from '../../call-sites/source-maps.js'
import { cutText } from '../../platform/cut-text.js'
import { Map, Number, Set } from '../../platform/platform.js'
import type { CallFrame, Entry } from '../recording/recording.js'
import type { Site } from './cause.js'
import type { Slices } from './slices.js'

const LIBRARY_PATH = /^.*[\\/](node_modules[\\/].*)$/s
const MAX_TEXT_CHARS = 200
const MAX_CODE_BYTES = 16 * 1024 * 1024
const ANONYMOUS = '(anonymous)'
/**
 * The maker of a resource is the resource whose code created it. If the stack of a resource shows no code of the
 * program, the stack of its maker is searched, then that of the maker's maker. At most this many stacks are searched.
 */
const MAX_MAKERS = 3

/** A function that ran or created a resource, and the owner of the function's code. */
export interface PlacedFunction extends Site {
  readonly owner: Location['owner']
}

/** Finds the source positions of functions. Each position is looked up once. */
export interface Sites {
  /** Finds the source position of a function. Resolves to `undefined` for Node's own code. */
  find(frame: Frame): Promise<PlacedFunction | undefined>
  /** Works like `find`, for a function of a CPU profile. */
  findFunction(frame: CallFrame): Promise<PlacedFunction | undefined>
  /** Finds the source position of a line whose column is unknown. */
  findLine(url: string, line: number): Promise<Site | undefined>
  /** Finds where resources were created. */
  findMakers(entries: Iterable<Entry>): Promise<Map<Entry, Site>>
}

/** Creates a finder that has looked up no positions yet. */
export function createSites(slices: Slices): Sites {
  const known = new Map<string, PlacedFunction | undefined>()
  const countLines = createLineCounter()

  async function find(frame: Frame): Promise<PlacedFunction | undefined> {
    const key = `${frame.line}:${frame.column}:${frame.name}:${frame.file}`
    if (known.has(key)) return known.get(key)
    await slices.next()
    const location = await locate(frame)
    const placed = location && { ...toSite(location, frame.name), owner: location.owner }
    known.set(key, placed)
    return placed
  }

  async function findProgram(stack: readonly Frame[]): Promise<Site | undefined> {
    let library: Site | undefined
    let program: Site | undefined
    for (const frame of stack) {
      const placed = await find(frame)
      if (placed?.owner === 'library') library ??= placed
      if (placed?.owner !== 'program') continue
      // The executor of a promise has no name, so the name of the function that created the promise is used.
      if (program !== undefined)
        return placed.file === program.file ? { ...program, function: placed.function } : program
      if (placed.function !== ANONYMOUS) return placed
      program = placed
    }
    return program ?? library
  }

  async function findMaker(entry: Entry, stacks: ReadonlyMap<Entry, readonly Frame[]>): Promise<Site> {
    let maker: Entry | undefined = entry
    for (let count = 0; maker !== undefined && count < MAX_MAKERS; count++) {
      const found = await findProgram(stacks.get(maker) ?? [])
      if (found !== undefined) return pickSite(found)
      maker = maker.maker
    }
    return {}
  }

  async function formatStacks(entries: ReadonlySet<Entry>): Promise<Map<Entry, readonly Frame[]>> {
    const stacks = new Map<Entry, readonly Frame[]>()
    for (const entry of entries) {
      let maker: Entry | undefined = entry
      for (let count = 0; maker !== undefined && count < MAX_MAKERS; count++) {
        await slices.next()
        // A stack can be formatted only once.
        if (!stacks.has(maker)) stacks.set(maker, formatStack(maker.stack))
        maker = maker.maker
      }
    }
    return stacks
  }

  return {
    find,
    findFunction: frame => find(toFrame(frame)),
    async findLine(url, line) {
      // A profile also counts the lines of functions that were inlined from other files, as if they were in this file.
      if (line > (await countLines(toPath(url)))) return undefined
      const placed = await find({ name: '', file: url, line, column: Number.MAX_SAFE_INTEGER })
      return placed && { file: placed.file, line: placed.line }
    },
    async findMakers(entries) {
      const resources = new Set(entries)
      const stacks = await formatStacks(resources)
      await prefetchMaps([...stacks.values()].flatMap(stack => stack.map(({ file }) => file)))
      const makers = new Map<Entry, Site>()
      for (const entry of resources) {
        await slices.next()
        makers.set(entry, await findMaker(entry, stacks))
      }
      return makers
    },
  }
}

/**
 * Converts a function of a CPU profile, whose line and column count from 0, to a frame, whose line and column count
 * from 1.
 */
export function toFrame({ functionName, url, lineNumber, columnNumber }: CallFrame): Frame {
  return { name: functionName, file: url, line: lineNumber + 1, column: columnNumber + 1 }
}

/** Returns a copy that has only the members of a `Site`. */
export function pickSite({ function: name, file, line }: Site): Site {
  return { function: name, file, line }
}

function toSite({ path, line, name }: Location, rawName: string): Site {
  const library = LIBRARY_PATH.exec(path)?.[1]
  const file = library === undefined ? toShownFile(path) : library.replaceAll('\\', '/')
  const shownName = name || (rawName === '' ? ANONYMOUS : rawName)
  return { function: cutName(shownName), file: cutName(file), line }
}

/** Shortens the name of a function or a file, because an account has a maximum size. */
export function cutName(name: string): string {
  return cutText(name, MAX_TEXT_CHARS)
}

/** Formats a stack that was captured earlier. Returns an empty list if no stack was captured. */
function formatStack(holder: Entry['stack']): readonly Frame[] {
  if (holder === undefined) return []
  let frames: readonly Frame[] = []
  const hook = (_error: unknown, callSites: readonly NodeJS.CallSite[]): string => {
    frames = selectFrames(callSites, file => file !== '' && !file.startsWith('node:'), Number.POSITIVE_INFINITY)
    return ''
  }
  const restoreHook = replaceErrorMember('prepareStackTrace', hook)
  try {
    void holder.stack
  } catch {
    // Reading throws if the program has frozen `Error` and its own `prepareStackTrace` throws.
  } finally {
    restoreHook()
  }
  return frames
}

/** Returns a function that counts the lines of a file. Each file is read once. */
function createLineCounter(): (path: string) => Promise<number> {
  const counts = new Map<string, Promise<number>>()
  return path => {
    const known = counts.get(path) ?? readText(path, MAX_CODE_BYTES).then(countLinesOf, () => 0)
    counts.set(path, known)
    return known
  }
}

function countLinesOf(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}
