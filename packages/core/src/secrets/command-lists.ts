import { Math } from '../platform/platform.js'
import { REDACTED } from './names/secret-names.js'

const HYPHEN = 45
/** The program's name must be among this many entries at the beginning of the list, as in `sudo -u bob mysql ...`. */
const MAX_SEARCHED_ENTRIES = 12

/**
 * Options that take a secret although their names do not show this. `attached` matches an option whose value is in the
 * same entry.
 */
const SECRET_OPTIONS: readonly (readonly [program: RegExp, option: RegExp, attached: RegExp | undefined])[] = [
  [/^(?:mysql|mariadb)/, /^(?!)/, /^-p(?=.)/],
  [/^(?:sshpass|mongo(?:sh|dump|restore|import|export)?|docker|podman|helm|az|oc)$/, /^-p$/, /^-p(?=.)/],
  [/^7z[ar]?$/, /^(?!)/, /^-p(?=.)/],
  [/^redis-cli$/, /^-a$/, undefined],
  [/^(?:sqlcmd|bcp|isql|tsql|zip|unzip)$/, /^-P$/, /^-P(?=.)/],
  [/^ldap/, /^-w$/, /^-w(?=.)/],
  [/^openssl$/, /^-[kK]$/, undefined],
]
const USER_OPTION = /^(?:-[a-zA-Z]{0,8}[uU]|--user|--proxy-user)$/
const ATTACHED_USER_OPTION = /^-[uU](?=[^\s:]{1,128}:)/

/**
 * Returns the entry at `index` with an option's secret redacted, as in `['mysql', '-px']` or `['redis-cli', '-a',
 * 'x']`. Returns `undefined` if the entry contains no secret.
 */
export function redactOption(list: readonly unknown[], index: number): string | undefined {
  const value = list[index]
  if (typeof value !== 'string') return undefined
  const before = index > 0 ? list[index - 1] : undefined
  const option = typeof before === 'string' && before.charCodeAt(0) === HYPHEN ? before : undefined
  if (option === undefined && value.charCodeAt(0) !== HYPHEN) return undefined
  // The option is followed by a user and a password, as in `curl -u user:password`.
  if (option !== undefined && USER_OPTION.test(option) && /^[^:]*:./.test(value)) return REDACTED
  const names = programsBefore(list, index)
  if (names.some(name => /^(?:curl|wget|http)$/.test(name)) && ATTACHED_USER_OPTION.test(value))
    return `${value.slice(0, value.indexOf(':') + 1)}${REDACTED}`
  for (const [program, optionPattern, attached] of SECRET_OPTIONS) {
    if (!names.some(name => program.test(name))) continue
    if (isPortOption(program, names, list, index)) continue
    if (option !== undefined && optionPattern.test(option)) return REDACTED
    if (attached?.test(value) && !value.startsWith('--')) return `${value.slice(0, 2)}${REDACTED}`
  }
  return undefined
}

/**
 * Returns whether `-p` is followed by a port, as in `docker run -p 8080:80`. In `docker login -p`, a password follows.
 */
function isPortOption(program: RegExp, names: readonly string[], list: readonly unknown[], index: number): boolean {
  if (!program.test('docker')) return false
  if (names.some(name => /^(?:sshpass|mongo)/.test(name))) return false
  return !list.slice(0, index).includes('login')
}

function programsBefore(list: readonly unknown[], index: number): string[] {
  const names: string[] = []
  for (const each of list.slice(0, Math.min(index, MAX_SEARCHED_ENTRIES))) {
    if (typeof each !== 'string' || each.length > 128 || each.charCodeAt(0) === HYPHEN) continue
    names.push(each.slice(each.lastIndexOf('/') + 1).replace(/\.exe$/i, ''))
  }
  return names
}
