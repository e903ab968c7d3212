import { createRequestError } from './create-request-error.js'
import { readRequestFile } from './read-request-file.js'
import { joinForm } from './request-form.js'

/** A piece of a body. Pieces are in the order of their options on the command line. */
export interface BodyPart {
  readonly kind: 'data' | 'data-raw' | 'data-binary' | 'data-urlencode' | 'form' | 'form-string'
  readonly text: string
}

/** The body of a request, and its content type. */
export interface RequestBody {
  readonly bytes: Buffer
  readonly type: string
}

const AMPERSAND = Buffer.from('&')
/** Line ends and NUL, which curl removes from a file given with `-d`. */
const REMOVED_BYTES: readonly number[] = [0x0a, 0x0d, 0]

/**
 * Joins the pieces of a body as curl does. Throws `ERR_CONFIGURATION`. No error message contains a part of the body.
 */
export function readBody(parts: readonly BodyPart[] = []): RequestBody | undefined {
  if (parts.length === 0) return undefined
  const forms = parts.filter(({ kind }) => kind === 'form' || kind === 'form-string')
  if (forms.length === parts.length) return joinForm(forms)
  if (forms.length > 0) throw createRequestError('A body is either data (-d) or a form (-F). Give only one of them.')
  const pieces = parts.map(readPart)
  const bytes = Buffer.concat(pieces.flatMap((piece, index) => (index === 0 ? [piece] : [AMPERSAND, piece])))
  return { bytes, type: 'application/x-www-form-urlencoded' }
}

function readPart({ kind, text }: BodyPart): Buffer {
  if (kind === 'data-urlencode') return encodePart(text)
  if (kind === 'data-raw' || !text.startsWith('@')) return Buffer.from(text)
  const bytes = readRequestFile('the body', text.slice(1))
  return kind === 'data-binary' ? bytes : Buffer.from(bytes.filter(byte => !REMOVED_BYTES.includes(byte)))
}

/** Encodes `TEXT`, `=TEXT`, `NAME=TEXT`, `@FILE` or `NAME@FILE`. Only the part after `=` or `@` is percent-encoded. */
function encodePart(text: string): Buffer {
  const signIndex = text.includes('=') ? text.indexOf('=') : text.indexOf('@')
  const value = text.slice(signIndex + 1)
  const encoded = percentEncode(text[signIndex] === '@' ? readRequestFile('the body', value) : Buffer.from(value))
  return Buffer.from(signIndex > 0 ? `${text.slice(0, signIndex)}=${encoded}` : encoded)
}

/** Percent-encodes all bytes except unreserved characters. A space becomes `+`, as in forms. */
function percentEncode(bytes: Buffer): string {
  const encoded = bytes.toString('latin1').replace(/[^\w.~-]/g, character => {
    const code = character.charCodeAt(0)
    return character === ' ' ? '+' : `%${code.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return encoded
}
