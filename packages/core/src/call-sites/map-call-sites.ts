import { Boolean, Map, Promise, process, Reflect, Set } from '../platform/platform.js'
import type { PointInfo, TraceRecord } from '../record/trace-record.js'
import { type CodeMember, type Stack, takeStack, toCodeMember } from './code-member.js'
import { findOwner, findRawOwner, isFile, isSharedBundle, mayBeProgram, toPath, toShownFile } from './program-file.js'
import type { Frame } from './read-stack.js'
import { countTimeouts, findSourceMap } from './source-maps.js'
import { mapByStackHook } from './stack-hook.js'

const TYPESCRIPT = /\.[cm]?tsx?$/
// Whether the runtime's positions in TypeScript files are correct. Node strips types without moving any code. Bun and
// Deno map positions themselves.
const RUNS_TYPESCRIPT =
  Boolean((process.features as { typescript?: unknown }).typescript) ||
  'bun' in process.versions ||
  'deno' in process.versions
/** Function names of at most this length are treated as minified. */
const MAX_MINIFIED_CHARS = 2
const MAX_REMEMBERED_FRAMES = 5_000

/**
 * Replaces the raw positions in the `info.code` of records with positions in the program's sources. Removes positions
 * that do not belong to the program. Never rejects. Returns `undefined` if no record has a raw position.
 */
export function mapCallSites(records: readonly TraceRecord[]): Promise<void> | undefined {
  let raw: RawRecord[] | undefined
  for (const record of records) {
    const found = takeRaw(record)
    if (found === undefined) continue
    raw ??= []
    raw.push(found)
  }
  return raw && mapAll(raw)
}

interface RawRecord {
  readonly info: PointInfo
  readonly stack: Stack
}

/**
 * Takes the stack from which a record's call site was created. Never throws, although a program may have passed
 * anything to a notifier instead of a record.
 */
function takeRaw(record: TraceRecord): RawRecord | undefined {
  try {
    const { info } = record
    const stack = takeStack(info.code)
    return stack && { info, stack }
  } catch {
    return undefined
  }
}

async function mapAll(raw: readonly RawRecord[]): Promise<void> {
  for (const { info, stack } of raw) {
    try {
      const code = await findCallSite(stack)
      if (code === undefined) Reflect.deleteProperty(info, 'code')
      else Reflect.set(info, 'code', code)
    } catch {
      // The program may have passed a record whose info has setters that throw.
    }
  }
}

/** Returns the innermost function that belongs to the program. */
async function findCallSite(stack: Stack): Promise<CodeMember | undefined> {
  for (const frame of stack) {
    const code = await mapFrame(frame)
    if (code !== undefined) return code
  }
  return undefined
}

/** Mapped positions. `null` means that the position does not belong to the program. */
const mappedFrames = new Map<string, CodeMember | null>()

async function mapFrame(frame: Frame): Promise<CodeMember | undefined> {
  const key = `${frame.line}:${frame.column}:${frame.name}:${frame.file}`
  const known = mappedFrames.get(key)
  if (known !== undefined) return known ?? undefined
  const timeoutsBefore = countTimeouts()
  const code = await readFrame(frame)
  if (countTimeouts() > timeoutsBefore) return code
  if (mappedFrames.size >= MAX_REMEMBERED_FRAMES) mappedFrames.clear()
  mappedFrames.set(key, code ?? null)
  return code
}

async function readFrame(frame: Frame): Promise<CodeMember | undefined> {
  const location = await locate(frame)
  if (location?.owner !== 'program') return undefined
  const { name, column, path, line } = location
  return toCodeMember({ name, column }, toShownFile(path), line)
}

/** A position in a source file. */
export interface Location {
  readonly path: string
  readonly line: number
  readonly column: number
  /** The function's name. Empty if it is unknown or minified. */
  readonly name: string
  readonly owner: 'program' | 'library' | 'osprofiler'
}

/** Finds the source position of a frame. Resolves to `undefined` for Node's own code and for unknown positions. */
export async function locate(frame: Frame): Promise<Location | undefined> {
  if (!isFile(frame.file)) return undefined
  const path = toPath(frame.file)
  const rawOwner = findRawOwner(path)
  // Only the program's code needs a source position. For other code, the map is not read, because reading a map takes
  // several turns of the event loop.
  if (rawOwner !== 'program') return { ...frame, path, owner: rawOwner }
  const findSource = await findSourceMap(path, frame.file)
  if (findSource === undefined) {
    if (isSharedBundle(frame.file)) return undefined
    const shown = TYPESCRIPT.test(path) ? mapTypescript(frame) : frame
    if (shown === undefined) return undefined
    const shownPath = toPath(shown.file)
    return { path: shownPath, line: shown.line, column: shown.column, name: frame.name, owner: rawOwner }
  }
  const source = await findSource(frame.line, frame.column)
  if (source === undefined) return undefined
  const name = frame.name.length > MAX_MINIFIED_CHARS ? frame.name : ''
  return { path: source.file, line: source.line, column: source.column, name, owner: findOwner(source.file) }
}

/** Reads the source maps of files, all at the same time, so that later lookups do not wait for them. */
export async function prefetchMaps(files: Iterable<string>): Promise<void> {
  const own = [...new Set(files)].filter(mayBeProgram)
  await Promise.all(own.map(file => findSourceMap(toPath(file), file)))
}

/**
 * Maps a position in TypeScript without a source map. The raw position is wrong, unless the runtime itself runs
 * TypeScript.
 */
function mapTypescript(frame: Frame): Frame | undefined {
  return mapByStackHook(frame) ?? (RUNS_TYPESCRIPT ? frame : undefined)
}
