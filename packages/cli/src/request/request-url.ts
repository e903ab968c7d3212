import { createRequestError } from './create-request-error.js'
import { CURL_JSON } from './curl-json.js'

/** The target of a request, as given on the command line. */
export interface RequestUrl {
  /** The URL without credentials. */
  readonly url: URL
  /** Path and query, exactly as they were typed. They are normalized only if they cannot be sent as typed. */
  readonly path: string
  /** `user:password` from the URL. */
  readonly credentials: string | undefined
}

/**
 * Matches a host without a scheme, for which curl assumes http://. Unlike in curl, a single word is not a host. The
 * word may be a secret whose option was forgotten, and a DNS lookup would leak the secret.
 */
const BARE_HOST =
  /^(?:[^/?#@]*@)?(?:localhost|\[[\da-f:.]+\]|[^\s/?#:@[\]{}"']+(?:\.|(?=:\d)|(?=\/))[^\s/?#:@[\]{}"']*)(?::\d+)?(?=[/?#]|$)/i

/** Captures the path and query of a URL before normalization. */
const TYPED_PATH = /^[^:]+:\/\/[^/?#]*([^#]*)/
const SENDABLE_PATH = /^[!-[\]-~]*$/
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:[/?]|$)/i

/**
 * Finds the URL among the words of a command line. The first word may be `curl`, because browsers copy whole commands.
 * Throws `ERR_CONFIGURATION`. No error message quotes the words, because any of them may be a secret.
 */
export function findUrl(
  words: readonly string[],
  { url: named = [], json = false }: { readonly url?: readonly string[]; readonly json?: boolean },
): string {
  const urls = [...(/^curl(?:\.exe)?$/.test(words[0] ?? '') ? words.slice(1) : words), ...named]
  const [url] = urls
  if (url === undefined)
    throw createRequestError('A URL is missing, such as http://127.0.0.1:3000/orders. The word curl may come first.')
  if (urls.length === 1 && json && /^[[{@]/.test(url)) throw createRequestError(`A URL is missing. ${CURL_JSON}`)
  if (urls.length === 1) return url
  if (urls.every(word => /^https?:/i.test(word)))
    throw createRequestError('Give only one URL, because a trace is of one request.')
  if (json) throw createRequestError(`There is more than one argument besides the options. ${CURL_JSON}`)
  throw createRequestError(
    'There is more than one argument besides the options. Give one URL, and quote arguments that contain spaces or &.',
  )
}

/**
 * Reads a URL as curl does. Removes the backslashes with which browsers escape brackets and braces for curl. Throws
 * `ERR_CONFIGURATION`.
 */
export function readUrl(
  target: string,
  { globoff = false }: { readonly globoff?: boolean | undefined } = {},
): RequestUrl {
  const typed = globoff ? target : target.replace(/\\([[\]{}])/g, '$1')
  const text = BARE_HOST.test(typed) ? `http://${typed}` : typed
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw createRequestError('The URL must begin with http:// or https://, such as http://127.0.0.1:3000/orders.')
  }
  const { username, password } = url
  const credentials =
    username === '' && password === '' ? undefined : `${decodeCredential(username)}:${decodeCredential(password)}`
  url.username = ''
  url.password = ''
  return { url, path: readTypedPath(text, url), credentials }
}

function readTypedPath(text: string, url: URL): string {
  const [, typed = ''] = TYPED_PATH.exec(text) ?? []
  const path = typed.startsWith('/') ? typed : `/${typed}`
  const [beforeQuery = ''] = path.split('?', 1)
  return SENDABLE_PATH.test(path) && !DOT_SEGMENT.test(beforeQuery) ? path : `${url.pathname}${url.search}`
}

function decodeCredential(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
