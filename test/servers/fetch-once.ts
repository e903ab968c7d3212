import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Something that tests need and that is fetched or built: a folder of files. */
export interface Fetched {
  /** The first part of the folder's name. */
  readonly name: string
  /** All texts that decide on the files: versions, poms, sources. A change of one of them is another folder. */
  readonly key: readonly string[]
  /** Puts the files into a new folder, which is renamed afterwards: they must not depend on its name. */
  fill(folder: string): Promise<void>
}

const ASK_EVERY_MS = 200
/** Longer than any build takes: a lock whose owner's id went to another process holds nobody up for ever. */
const WAIT_AT_MOST_MS = 20 * 60_000

/** The folder that keeps what was fetched: a user's, for all checkouts. Any part of it may be removed at any time. */
export function cacheFolder(): string {
  const { OSPROFILER_TEST_CACHE: own, XDG_CACHE_HOME: caches } = process.env
  return own || join(caches || join(homedir(), '.cache'), 'osprofiler-test')
}

/** Whether it was fetched before. */
export function isFetched(wanted: Omit<Fetched, 'fill'>): boolean {
  return existsSync(folderOf(wanted))
}

/**
 * Resolves to the folder of what was fetched, and fetches only where nobody did so before. A fetch that fails or breaks
 * off leaves nothing: the folder gets its name when it is complete.
 */
export async function fetchOnce(wanted: Fetched): Promise<string> {
  const folder = folderOf(wanted)
  if (existsSync(folder)) return folder
  mkdirSync(cacheFolder(), { recursive: true })
  const unlock = await lock(`${folder}.lock`, () => existsSync(folder))
  try {
    if (!existsSync(folder)) await fill(wanted, folder)
  } finally {
    unlock()
  }
  return folder
}

function folderOf({ name, key }: Omit<Fetched, 'fill'>): string {
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, ...key]))
  return join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 16)}`)
}

async function fill(wanted: Fetched, folder: string): Promise<void> {
  removeAbandonedParts(folder)
  const part = `${folder}.part.${ownId()}`
  mkdirSync(part)
  try {
    await wanted.fill(part)
    renameSync(part, folder)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    // Whoever had no lock, or had it taken away, may find the work done by another.
    if (!existsSync(folder)) throw error
  }
}

/** What processes left that were killed while they fetched. */
function removeAbandonedParts(folder: string): void {
  for (const entry of readdirSync(cacheFolder())) {
    const path = join(cacheFolder(), entry)
    const [, owner] = path.split(`${folder}.part.`)
    if (owner !== undefined && !lives(owner)) rmSync(path, { recursive: true, force: true })
  }
}

/** Spares the second of two processes the same work. The renaming keeps the folder right also without a lock. */
async function lock(path: string, isDone: () => boolean): Promise<() => void> {
  const id = ownId()
  const deadline = performance.now() + WAIT_AT_MOST_MS
  while (!isDone() && performance.now() < deadline) {
    try {
      // A symbolic link is made with its text in one step, unlike a file.
      symlinkSync(id, path)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    }
    if (lives(readOwner(path))) await sleep(ASK_EVERY_MS)
    else rmSync(path, { force: true })
  }
  return () => {}
}

function readOwner(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function ownId(): string {
  return `${process.pid}-${randomUUID().slice(0, 8)}`
}

function lives(id: string): boolean {
  const pid = Number.parseInt(id, 10)
  if (Number.isNaN(pid)) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
