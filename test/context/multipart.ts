import { split } from './signed-request.js'

/** Creates a form with a field and a file that arrives slowly and in pieces. */
export function createMultipartForm(
  field: string,
  file: string,
): { readonly contentType: string; readonly body: string[] } {
  const boundary = 'boundary-of-the-tests'
  const text = [
    `--${boundary}\r\nContent-Disposition: form-data; name="field"\r\n\r\n${field}\r\n`,
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="file.txt"\r\n`,
    `Content-Type: text/plain\r\n\r\n${file}\r\n--${boundary}--\r\n`,
  ].join('')
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: split(text, 10) }
}
