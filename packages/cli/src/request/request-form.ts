import { randomBytes } from 'node:crypto'
import { basename, extname } from 'node:path'
import { createRequestError } from './create-request-error.js'
import { readRequestFile } from './read-request-file.js'

/** The value of an `-F` or `--form-string` option. `kind` is the name of the option: `form` or `form-string`. */
interface FormPart {
  readonly kind: string
  readonly text: string
}

/** The file types that curl knows, by file name extension. */
const TYPES_BY_EXTENSION: Readonly<Record<string, string>> = {
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.pdf': 'application/pdf',
  '.xml': 'application/xml',
}

/**
 * Joins the parts of a form as curl does: `NAME=TEXT`, `NAME=@FILE` for a file upload, or `NAME=<FILE` for a text field
 * with a file's content. `;type=TYPE` and `;filename=NAME` may follow. Throws `ERR_CONFIGURATION`.
 */
export function joinForm(parts: readonly FormPart[]): { readonly bytes: Buffer; readonly type: string } {
  const boundary = `------------------------${randomBytes(8).toString('hex')}`
  const pieces = parts.flatMap(part => [`--${boundary}\r\n`, ...encodeFormPart(part), '\r\n'])
  const bytes = Buffer.concat([...pieces, `--${boundary}--\r\n`].map(piece => Buffer.from(piece)))
  return { bytes, type: `multipart/form-data; boundary=${boundary}` }
}

function encodeFormPart({ kind, text }: FormPart): (string | Buffer)[] {
  const [, name, rest = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw createRequestError('A part of a form has the form NAME=TEXT, such as -F "name=text".')
  const disposition = `Content-Disposition: form-data; name="${quote(name)}"`
  if (kind === 'form-string') return [`${disposition}\r\n\r\n`, rest]

  const { sign, value, type, filename } = splitAttributes(rest)
  if (sign === '@') {
    const shown = quote(filename ?? basename(value))
    const contentType =
      type ?? TYPES_BY_EXTENSION[extname(filename ?? value).toLowerCase()] ?? 'application/octet-stream'
    return [
      `${disposition}; filename="${shown}"\r\nContent-Type: ${contentType}\r\n\r\n`,
      readRequestFile('the body', value),
    ]
  }
  const filenameAttribute = filename === undefined ? '' : `; filename="${quote(filename)}"`
  const typeHeader = type === undefined ? '' : `\r\nContent-Type: ${type}`
  const content = sign === '<' ? readRequestFile('the body', value) : value
  return [`${disposition}${filenameAttribute}${typeHeader}\r\n\r\n`, content]
}

/**
 * Separates a value from its attributes. A value that begins with `@` or `<` is a file name. A value that begins with a
 * quote is text.
 */
function splitAttributes(text: string): { sign: string; value: string; type?: string; filename?: string } {
  const [, sign = '', quoted, plain = '', attributes = ''] =
    /^([@<]?)(?:"((?:[^"\\]|\\.)*)"|([^;]*))(.*)$/s.exec(text) ?? []
  const value = quoted === undefined ? plain : unquote(quoted)
  const found: { type?: string; filename?: string } = {}
  const all = attributes.matchAll(/;\s*(type|filename)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g)
  for (const [, name, quotedValue, plainValue = ''] of all) {
    const attribute = quotedValue === undefined ? plainValue.trim() : unquote(quotedValue)
    if (/[\r\n]/.test(attribute)) throw createRequestError(`The ${name} of a part must be a single line.`)
    if (name === 'type') found.type = attribute
    else found.filename = attribute
  }
  return { sign, value, ...found }
}

function unquote(text: string): string {
  return text.replace(/\\(["\\])/g, '$1')
}

/** Escapes a name in the same way as browsers. */
function quote(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
