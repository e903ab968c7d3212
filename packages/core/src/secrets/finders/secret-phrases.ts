import { Buffer, Math, String } from '../../platform/platform.js'
import { isSecretName } from '../names/secret-names.js'
import { isNoValue } from '../values/bare-values.js'
import { forEachMatch, hideSpan, type Span } from '../values/text-spans.js'
import { readValueAt } from '../values/values-in-text.js'

const AUTH_SCHEME = /(?<![A-Za-z0-9])(bearer|basic),?(?:\s|\+|%20){1,4}([\w~+/.=:%-]{3,})/gi
const WORDS_AFTER_SCHEME =
  /^(?:tokens?|auth|auth[eo][a-z]*|realm|scheme|error|formats?|headers?|credentials?|methods?|only|required|missing|not|of|and|or|is|was|are|for|with|from|in|to|the|challenge|schema|usage|support)\b/i

/** Finds the credentials that follow `Bearer` and `Basic`. */
export function findSchemes(text: string, spans: Span[]): void {
  forEachMatch(AUTH_SCHEME, text, ([, scheme = '', token = '']) => {
    // A challenge such as `Bearer realm="api"` contains no credentials.
    const isChallenge = /^\w+=$/.test(token) && text[AUTH_SCHEME.lastIndex] === '"'
    if (isChallenge || WORDS_AFTER_SCHEME.test(token) || isProse(scheme, token)) return
    hideSpan(spans, AUTH_SCHEME.lastIndex - token.length, AUTH_SCHEME.lastIndex)
  })
}

/**
 * Matches a lower-case word, as in `bearer of` and `Basic usage`. Real `Basic` credentials contain an encoded colon.
 */
function isProse(scheme: string, token: string): boolean {
  if (!/^[A-Za-z]?[a-z]+[.,:]?$/.test(token)) return false
  if (/^basic$/i.test(scheme)) return !String(Buffer.from(token, 'base64')).includes(':')
  return scheme === 'bearer'
}

// Matches `--password secret` and `-pass secret`.
const COMMAND_OPTION = /(?<![\w-])--?([A-Za-z][\w.-]{1,63})[ \t]{1,8}(?!-)/g

/** Finds values of command options that have a secret name. */
export function findFlags(text: string, spans: Span[]): void {
  hideValuesAfter(COMMAND_OPTION, text, spans, isSecretName)
}

const QUOTED_SECRET =
  /\b(?:password|passwd|pwd|passphrase|passcode|set\s{1,8}password\s{1,8}for\s{1,8}\S{1,128}\s{0,8}=|\w{1,64}_(?:key|key_id|secret|token|password|pwd)|identified\s{1,8}by|with\s{1,8}[\w-]{1,64}\s{1,8}(?:by|as))\s{1,8}(?=(?:[eEnNbBxX]|[uU]&)?["'])/gi
const IDENTIFIED_BY = /\bidentified\s{1,8}by\s{1,8}(?!values\b|password\b)(?=[\w$#!])/gi
const REPLACE_PASSWORD = /\breplace\s{1,8}(?=["'\w])/gi
const ATTACH_KEY = /\bkey\s{1,8}(?:x(?='))?(?=["'])/gi
const PRAGMA_KEY = /\bpragma\s{1,8}(?:\w{1,64}\.)?(?:hex|text|re|hexre|textre)?key\s{0,8}[=(]\s{0,8}/gi

/** Finds quoted secrets in SQL: `PASSWORD '...'`, `IDENTIFIED BY '...'`, `ATTACH ... KEY '...'`. */
export function findQuoted(text: string, spans: Span[]): void {
  hideValuesAfter(QUOTED_SECRET, text, spans)
  if (/attach/i.test(text)) hideValuesAfter(ATTACH_KEY, text, spans)
}

/** Finds passwords that Oracle accepts without quotes: `IDENTIFIED BY x REPLACE y`. */
export function findIdentified(text: string, spans: Span[]): void {
  if (!/identified\s/i.test(text) || !/\b(?:create|alter|grant|connect)\s/i.test(text)) return
  hideValuesAfter(IDENTIFIED_BY, text, spans)
  hideValuesAfter(REPLACE_PASSWORD, text, spans)
}

/** Finds SQLCipher's database key: `PRAGMA key = '...'`. */
export function findPragmaKeys(text: string, spans: Span[]): void {
  if (text.includes('PRAGMA') || text.includes('pragma')) hideValuesAfter(PRAGMA_KEY, text, spans)
}

const MAX_LABEL_CHARS = 64
const XML_ELEMENT = /<([A-Za-z][\w:.-]{1,63})(?:\s[^<>]{0,256})?>(?:<!\[CDATA\[)?([^<]+)/g

/** Finds the content of XML elements that have a secret name. */
export function findElements(text: string, spans: Span[]): void {
  if (!text.includes('</')) return
  let isLabelled = false
  forEachMatch(XML_ELEMENT, text, ([, name = '', value = '']) => {
    const start = XML_ELEMENT.lastIndex - value.length
    // A label may precede the value, as in `<key>password</key><string>...</string>`.
    if (isSecretName(name) || isLabelled) hideSpan(spans, start, XML_ELEMENT.lastIndex)
    isLabelled = /^(?:key|name)$/i.test(name) && value.length <= MAX_LABEL_CHARS && isSecretName(value)
  })
}

const MAY_BE_COMMAND =
  /PASS |AUTH |login|ldap|mongo|mysql|mariadb|sshpass|redis-cli|docker|podman|helm|curl|wget|sqlcmd|bcp|isql|zip|7z|HELLO |MIGRATE |SETUSER|hello \d|migrate |setuser/
/** Commands, each with an option that takes a secret although the option's name does not show this. */
const SECRET_OPTIONS: readonly (readonly [RegExp, RegExp])[] = [
  [/^/, /^(?:PASS|AUTH(?: \S{1,64})?) (?=\S{1,512}\s{0,2}$)/gm],
  [/^/, /\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8}/g],
  [/\b(?:mysql|mariadb)/, /\s-p(?=[^\s-])/g],
  [
    /\b(?:sshpass|mongo(?:sh|dump|restore|import|export)?\b|(?:docker|podman|helm|az|oc)\b.{0,64}?\blogin\b)/,
    /\s-p\s{0,8}/g,
  ],
  [/\bldap(?:search|modify|add|delete|whoami)\b/, /\s-w\s{1,8}/g],
  [/\b(?:curl|wget)\b/, /\s(?:-[a-zA-Z]{0,8}[uU]|--user|--proxy-user)[\s=]{0,8}(?=["'][^\s:"']{1,128}:)/g],
  [/\b(?:sqlcmd|bcp|[it]sql|(?:un)?zip)\b/, /\s-P\s{0,8}/g],
  [/\b7z[ar]?\b/, /\s-p(?=[^\s-])/g],
  [/\bhello\b/i, /\bhello\s{1,4}\d\s{1,4}auth\s{1,4}\S{1,64}\s{1,4}/gi],
  [/\bmigrate\b/i, /\bauth2\s{1,4}\S{1,64}\s{1,4}/gi],
  [/\bMIGRATE\b/, /\sAUTH\s{1,4}/g],
  [/\bacl\s{1,4}setuser\b/i, /\s[><#!](?=\S)/g],
  [/\bredis-cli\b/, /\s-a\s{1,8}/g],
  [/\b(?:curl|wget)\b/, /\s(?:-[a-zA-Z]{0,8}[uU]|--user|--proxy-user)[\s=]{0,8}["']?[^\s:"']{1,128}:/g],
]

/** Finds secrets in command lines and in the protocols of FTP, IRC, POP3, SMTP and Redis. */
export function findCommands(text: string, spans: Span[]): void {
  if (!MAY_BE_COMMAND.test(text)) return
  for (const [command, option] of SECRET_OPTIONS) if (command.test(text)) hideValuesAfter(option, text, spans)
}

// Test runners print lines such as `PASS src/a.test.js`, which contain no secret.
const SOURCE_FILE = /^(?:[\w.@-]{1,64}\/){0,16}[\w.@-]{1,64}\.(?:[cm]?[jt]sx?|py|rb|go|java|php|rs|vue|feature)$/

/** Hides the value after each match, and continues after that value, so that no part of the text is read twice. */
function hideValuesAfter(
  pattern: RegExp,
  text: string,
  spans: Span[],
  isSecret: (name: string) => boolean = () => true,
): void {
  forEachMatch(pattern, text, ({ 0: all, 1: name = '', index }) => {
    const start = index + all.length
    if (!isSecret(name)) return
    const value = readValueAt(text, start)
    const [span] = value?.spans ?? []
    if (value === undefined || span === undefined) return
    const content = text.slice(span.start, span.end)
    if (isNoValue(text.slice(start, value.end), false) || SOURCE_FILE.test(content)) return
    for (const each of value.spans) hideSpan(spans, each.start, each.end)
    pattern.lastIndex = Math.max(start, value.end)
  })
}
