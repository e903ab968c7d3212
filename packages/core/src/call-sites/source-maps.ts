import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import Module from 'node:module'
import { dirname, resolve } from 'node:path'
import {
  Buffer,
  clearTimeout,
  decodeURIComponent,
  Error,
  JSON,
  Map,
  Promise,
  setTimeout,
} from '../platform/platform.js'
import { findPackageFolder, toPath } from './program-file.js'
import { type MapEntry, parseInWorker } from './source-map-worker.js'

/** A position in a file. Lines and columns count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Finds the source position of a position in generated code. Resolves to `undefined` if the map has no such position.
 */
export type FindSource = (line: number, column: number) => Promise<Position | undefined>

const MAX_MAP_BYTES = 64 * 1024 * 1024
const MAX_CODE_BYTES = 64 * 1024 * 1024
/**
 * A map larger than this is parsed in a worker, so that requests do not wait. Parsing takes about 50 ms per megabyte.
 */
const MAX_MAP_BYTES_HERE = 256 * 1024
const MAX_MAPS = 200
/** The maximum time for reading a map. Reading delays the delivery of records to the store. */
const READ_TIMEOUT_MS = 2_000

const { O_RDONLY, O_NONBLOCK = 0 } = constants as Partial<typeof constants> & { O_RDONLY: number }

let timeouts = 0

/** Returns how many maps could not be read in time. Such a map is read again for the next position. */
export function countTimeouts(): number {
  return timeouts
}

const maps = new Map<string, Promise<FindSource | undefined>>()

/**
 * Returns the source map of a generated file, given its path and the name under which Node knows the file. Returns
 * `undefined` if the file has no map, or if the map is remote, broken or too large, or takes too long to read.
 */
export function findSourceMap(path: string, file: string): Promise<FindSource | undefined> {
  const known = maps.get(file)
  if (known !== undefined) return known
  if (maps.size >= MAX_MAPS) maps.clear()
  const map = readWithin(READ_TIMEOUT_MS, path, file)
  maps.set(file, map)
  return map
}

async function readWithin(ms: number, path: string, file: string): Promise<FindSource | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>(onTimeout => {
    timer = setTimeout(() => {
      timeouts++
      maps.delete(file)
      onTimeout(undefined)
    }, ms).unref()
  })
  try {
    return findLoadedMap(path, file) ?? (await Promise.race([readMap(path), timeout]))
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Returns the map that Node itself keeps for a loaded file. Node keeps maps with `--enable-source-maps`, which tsx sets
 * as well.
 */
function findLoadedMap(path: string, file: string): FindSource | undefined {
  const map = Module.findSourceMap(file) ?? Module.findSourceMap(path)
  if (map === undefined) return undefined
  const { sourceRoot } = map.payload as MapHead
  return createFinder((line, column) => map.findEntry(line, column) as MapEntry, sourceRoot, dirname(path))
}

async function readMap(path: string): Promise<FindSource | undefined> {
  const code = await readText(path, MAX_CODE_BYTES)
  const url = readMapUrl(code)
  if (url === undefined) return undefined
  const [text, folder] = await readMapText(url, dirname(path))
  if (text === undefined || text.length > MAX_MAP_BYTES) return undefined
  if (text.length > MAX_MAP_BYTES_HERE) {
    const { sourceRoot, findEntry } = await parseInWorker(text, READ_TIMEOUT_MS)
    return createFinder(findEntry, sourceRoot, folder)
  }
  const payload = JSON.parse(text) as MapHead
  const map = new Module.SourceMap(payload as ConstructorParameters<typeof Module.SourceMap>[0])
  return createFinder((line, column) => map.findEntry(line, column) as MapEntry, payload.sourceRoot, folder)
}

/** Returns the URL in the code's last `sourceMappingURL` comment. */
function readMapUrl(code: string): string | undefined {
  const at = code.lastIndexOf('sourceMappingURL=')
  return at < 0 ? undefined : /^sourceMappingURL=([^\s'"]+)/.exec(code.slice(at))?.[1]
}

async function readMapText(url: string, folder: string): Promise<readonly [text: string | undefined, folder: string]> {
  const inline = /^data:application\/json(?:;charset=[\w-]+)?(;base64)?,/.exec(url)
  if (inline !== null) {
    const data = url.slice(inline[0].length)
    return [inline[1] === undefined ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8'), folder]
  }
  if (/^[a-z][a-z0-9+.-]+:/i.test(url) && !/^file:/i.test(url)) return [undefined, folder]
  const path = /^file:/i.test(url) ? toPath(url) : resolve(folder, decodeURIComponent(url.replace(/[?#].*$/s, '')))
  return [await readText(path, MAX_MAP_BYTES), dirname(path)]
}

/** Reads a regular file. Throws if the file is larger than `maxBytes`, because a part of the text would be useless. */
export async function readText(path: string, maxBytes: number): Promise<string> {
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const file = await open(path, O_RDONLY | O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > maxBytes) throw new Error('Not a regular file of this size')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

interface MapHead {
  readonly sourceRoot?: unknown
}

function createFinder(
  findEntry: (line: number, column: number) => MapEntry | Promise<MapEntry>,
  sourceRoot: unknown,
  folder: string,
): FindSource {
  return async (line, column) => {
    const { originalSource, originalLine, originalColumn = 0 } = await findEntry(line - 1, column - 1)
    if (typeof originalSource !== 'string' || typeof originalLine !== 'number') return undefined
    const file = resolveSource(originalSource, typeof sourceRoot === 'string' ? sourceRoot : '', folder)
    return file === undefined ? undefined : { file, line: originalLine + 1, column: originalColumn + 1 }
  }
}

/** Returns the path of a source, or `undefined` if the source is not a file. */
function resolveSource(source: string, sourceRoot: string, folder: string): string | undefined {
  const full = sourceRoot === '' ? source : `${sourceRoot.replace(/\/?$/, '/')}${source}`
  // Webpack names sources relative to the package: `webpack://shop/./src/orders.ts`.
  const [, packed] = /^webpack:\/\/[^/]*\/(.*)$/s.exec(full) ?? []
  if (packed !== undefined) {
    return /^(?:webpack|external)\b/.test(packed)
      ? undefined
      : resolve(findPackageFolder(folder), packed.replace(/\?.*$/s, ''))
  }
  if (/^file:/i.test(full)) return toPath(full)
  return /^[a-z][a-z0-9+.-]+:/i.test(full) ? undefined : resolve(folder, full)
}
