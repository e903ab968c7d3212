import { lookup as lookUpBySystem } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import {
  clearTimeout,
  cutAtExit,
  Error,
  Map,
  Number,
  Object,
  Promise,
  queueMicrotask,
  Set,
  setTimeout,
} from '@osprofiler/core/toolkit'
import { findKnownAddresses, type HostAddress, toFullNames } from './known-hosts.js'
import { noteHang, shortenAfterHang } from './recent-hang.js'

/**
 * Finds the addresses of hosts for a store's clients. Avoids the system's `getaddrinfo` where possible, because it runs
 * in one of the four threads that all lookups and file operations of a process share. Such a lookup cannot be canceled,
 * and `process.exit()` waits for it. If the DNS server hangs, a few lookups block the whole program.
 */
export interface HostLookup {
  /** A function for the option `lookup` of `net.connect()`. */
  readonly lookup: LookupFunction
  /**
   * Prevents further lookups by the system. Such a lookup cannot be canceled, and could delay the end of the process.
   */
  stopSystemLookups(): void
  stop(): void
}

/** Time limit for one try: a query for one name, sent to one DNS server. */
const TRY_MS = 1_200
/**
 * Time limit for all tries. A query keeps the process alive, and must not keep it alive for longer than a write may.
 */
const ALL_TRIES_MS = 3_000
/**
 * If DNS hangs, the client gets the error only after this delay. During the delay, a finished program can end. After
 * the error, the write is tried again, which keeps the program alive.
 */
const HANG_REPORT_DELAY_MS = 1_000
/**
 * Error codes for a DNS server that does not answer. After such an error, the system's lookup is not used, because it
 * would also hang.
 */
const HANG_CODES = new Set(['ETIMEOUT', 'ECANCELLED'])

const systemLookups = new Map<string, Promise<readonly HostAddress[]>>()

/**
 * Looks up a name in the hosts file, then in DNS, and finally through the system, which may have other sources of
 * names.
 */
export function createHostLookup(): HostLookup {
  const resolvers = new Set<Resolver>()
  let mayAskSystem = true
  let isStopped = false

  async function findAddresses(name: string): Promise<readonly HostAddress[]> {
    const known = findKnownAddresses(name)
    if (known.length > 0) return known
    if (isStopped) throw createLookupError('ECANCELLED', name)
    try {
      return await askDns(name, resolvers)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (HANG_CODES.has(code) || !mayAskSystem) throw error
      return await askSystem(name)
    }
  }

  return {
    lookup(name, options, callback) {
      const { family, all } = options
      const wantedFamily = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : Number(family ?? 0)
      findAddresses(name).then(
        addresses => {
          const matching = addresses.filter(one => wantedFamily === 0 || one.family === wantedFamily)
          const [first] = matching
          const error = first === undefined ? createLookupError('ENOTFOUND', name) : null
          // `callback` is called outside of the promise chain. Inside the chain, an error that the client throws would
          // become a rejection of the promise.
          queueMicrotask(() => {
            if (error !== null || first === undefined) callback(error, '')
            else if (all) callback(null, [...matching])
            else callback(null, first.address, first.family)
          })
        },
        (error: NodeJS.ErrnoException) => {
          if (!HANG_CODES.has(error.code ?? '')) queueMicrotask(() => callback(error, ''))
          else setTimeout(() => callback(error, ''), HANG_REPORT_DELAY_MS).unref()
        },
      )
    },
    stopSystemLookups() {
      mayAskSystem = false
    },
    stop() {
      mayAskSystem = false
      isStopped = true
      for (const resolver of resolvers) resolver.cancel()
    },
  }
}

/**
 * Sends DNS queries for the names that `toFullNames` returns, one after another. Stops at the time limit or at the end
 * of the program.
 */
async function askDns(name: string, resolvers: Set<Resolver>): Promise<readonly HostAddress[]> {
  const limitMs = shortenAfterHang(ALL_TRIES_MS)
  if (limitMs === 0) throw createLookupError('ETIMEOUT', name)
  const resolver = new Resolver({ timeout: TRY_MS, tries: 2 })
  let isLate = false
  const cancel = (): void => {
    isLate = true
    resolver.cancel()
  }
  const timer = setTimeout(cancel, limitMs).unref()
  const removeExitListener = cutAtExit(cancel)
  resolvers.add(resolver)
  try {
    let reason: unknown
    for (const fullName of toFullNames(name)) {
      const answers = await Promise.allSettled([resolver.resolve4(fullName), resolver.resolve6(fullName)])
      const found = answers.flatMap((answer, index) =>
        answer.status === 'fulfilled' ? answer.value.map(address => ({ address, family: index === 0 ? 4 : 6 })) : [],
      )
      if (found.length > 0) return found
      const reasons = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason] : []))
      reason = reasons.find(({ code }) => HANG_CODES.has(code)) ?? reason ?? reasons[0]
      if (isLate || HANG_CODES.has((reason as NodeJS.ErrnoException).code ?? '')) break
    }
    if (isLate) noteHang()
    throw isLate ? createLookupError('ETIMEOUT', name) : reason
  } finally {
    clearTimeout(timer)
    removeExitListener()
    resolvers.delete(resolver)
  }
}

/** Uses the system's lookup. Concurrent calls with the same name share one lookup. */
function askSystem(name: string): Promise<readonly HostAddress[]> {
  const asked = systemLookups.get(name)
  if (asked !== undefined) return asked
  const asking = new Promise<readonly HostAddress[]>((resolve, reject) => {
    lookUpBySystem(name, { all: true }, (error, addresses) => {
      systemLookups.delete(name)
      if (error === null) resolve(addresses)
      else reject(error)
    })
  })
  systemLookups.set(name, asking)
  return asking
}

function createLookupError(code: string, host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code, hostname: host, syscall: 'getaddrinfo' })
}
