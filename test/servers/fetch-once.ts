import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A folder of downloaded or built files that tests need. */
export interface Fetched {
  /** The first part of the folder's name. */
  readonly name: string
  /** All strings that determine the files: versions, poms, sources. If one of them changes, another folder is used. */
  readonly key: readonly string[]
  /** Adds the files to a new folder. The folder is renamed afterwards, so the files must not contain its name. */
  fill(folder: string): Promise<void>
}

const POLL_INTERVAL_MS = 200
/**
 * A lock expires after this time, which is longer than any build. If locks did not expire, a lock could last forever:
 * its owner may end, and another process may get the same process id.
 */
const LOCK_TIMEOUT_MS = 20 * 60_000

/** Returns the user's cache folder, which all checkouts share. Any part of it may be deleted at any time. */
export function findCacheFolder(): string {
  const { OSPROFILER_TEST_CACHE: own, XDG_CACHE_HOME: caches } = process.env
  return own || join(caches || join(homedir(), '.cache'), 'osprofiler-test')
}

/** Returns whether the files have been fetched before. */
export function isFetched(wanted: Omit<Fetched, 'fill'>): boolean {
  return existsSync(toFolder(wanted))
}

/**
 * Resolves to the folder of the files, and fetches the files if they are missing. A fetch that fails or is interrupted
 * leaves no folder, because the folder gets its name only when it is complete.
 */
export async function fetchOnce(wanted: Fetched): Promise<string> {
  const folder = toFolder(wanted)
  if (existsSync(folder)) return folder
  mkdirSync(findCacheFolder(), { recursive: true })
  const unlock = await acquireLock(`${folder}.lock`, () => existsSync(folder))
  try {
    if (!existsSync(folder)) await fillFolder(wanted, folder)
  } finally {
    unlock()
  }
  return folder
}

function toFolder({ name, key }: Omit<Fetched, 'fill'>): string {
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, ...key]))
  return join(findCacheFolder(), `${name}-${hash.digest('hex').slice(0, 16)}`)
}

async function fillFolder(wanted: Fetched, folder: string): Promise<void> {
  removeAbandonedParts(folder)
  const part = `${folder}.part.${createOwnerId()}`
  mkdirSync(part)
  try {
    await wanted.fill(part)
    renameSync(part, folder)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    // Without a lock, another process may have completed the folder at the same time.
    if (!existsSync(folder)) throw error
  }
}

/** Removes incomplete folders that killed processes left behind. */
function removeAbandonedParts(folder: string): void {
  for (const entry of readdirSync(findCacheFolder())) {
    const path = join(findCacheFolder(), entry)
    const [, owner] = path.split(`${folder}.part.`)
    if (owner !== undefined && !isAlive(owner)) rmSync(path, { recursive: true, force: true })
  }
}

/**
 * Prevents two processes from doing the same work. The folder is correct even without a lock, because it is renamed
 * when it is complete.
 */
async function acquireLock(path: string, isDone: () => boolean): Promise<() => void> {
  const id = createOwnerId()
  const deadline = performance.now() + LOCK_TIMEOUT_MS
  while (!isDone() && performance.now() < deadline) {
    try {
      // Unlike a file, a symbolic link is created together with its content in one step.
      symlinkSync(id, path)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    if (isAlive(readOwner(path))) await sleep(POLL_INTERVAL_MS)
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

function createOwnerId(): string {
  return `${process.pid}-${randomUUID().slice(0, 8)}`
}

function isAlive(id: string): boolean {
  const pid = Number.parseInt(id, 10)
  if (Number.isNaN(pid)) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
