/** The user's choice of an editor. Links are off if `pattern` is empty. */
export interface Editor {
  /** The pattern of a URL, such as `vscode://file/{root}/{file}:{line}`. */
  readonly pattern: string
  /** The folder on the user's machine to which the files of call sites are relative. */
  readonly root: string
}

/** The place that a link opens. Its file comes from a record, so it may be any text. */
export interface LinkedPlace {
  readonly file: string
  readonly line: number
  readonly column?: number | undefined
}

/** The schemes that links may have. All of them open editors, so no other program receives text from a record. */
const EDITOR_SCHEMES: ReadonlySet<string> = new Set([
  ...['vscode', 'vscode-insiders', 'vscodium', 'cursor', 'windsurf', 'zed', 'subl'],
  ...['idea', 'webstorm', 'phpstorm', 'jetbrains'],
])

/** Patterns that the dialog proposes. */
export const PROPOSED_PATTERNS: readonly string[] = [
  'vscode://file/{root}/{file}:{line}',
  'cursor://file/{root}/{file}:{line}',
  'zed://file/{root}/{file}:{line}',
  'webstorm://open?file={root}/{file}&line={line}',
  'idea://open?file={root}/{file}&line={line}',
]

const MAX_CHARS = 500
/**
 * Matches the scheme and the host of a pattern. The host must not contain placeholders, because a record must not
 * decide which part of the editor gets the link.
 */
const PATTERN_START = /^([a-z][a-z0-9+.-]*):\/\/[a-z0-9._-]+[/?]/
const DRIVE = /^[a-z]:$/i

/** Returns what is wrong with the user's choice, or an empty string if the choice is usable or links are off. */
export function findEditorProblem({ pattern, root }: Editor): string {
  if (pattern === '') return ''
  if (pattern.length > MAX_CHARS || root.length > MAX_CHARS) return `Use at most ${MAX_CHARS} characters.`
  const [, scheme = ''] = PATTERN_START.exec(pattern) ?? []
  if (scheme === '') return 'Begin with a scheme and a host, such as vscode://file/.'
  if (!EDITOR_SCHEMES.has(scheme)) return `Use one of these schemes: ${[...EDITOR_SCHEMES].join(', ')}.`
  if (!pattern.includes('{file}')) return 'Add {file}.'
  if (pattern.includes('{root}') && root === '') return 'Give the folder that replaces {root}.'
  if (/[\s\p{C}]/u.test(pattern)) return 'Remove spaces and invisible characters from the pattern.'
  return /\p{C}/u.test(root) ? 'Remove invisible characters from the folder.' : ''
}

/** Throws a TypeError if the user's choice of an editor is not usable. */
export function checkEditor(editor: Editor | undefined): void {
  const problem = editor === undefined ? '' : findEditorProblem(editor)
  if (problem !== '') throw new TypeError(`This editor setting is not valid: ${problem}`)
}

/**
 * Returns the URL that opens a place in the user's editor. Returns `undefined` if links are off, or if the file is not
 * below the root.
 */
export function createEditorLink(editor: Editor, place: LinkedPlace): string | undefined {
  const { pattern } = editor
  if (pattern === '' || findEditorProblem(editor) !== '' || !isBelowRoot(place.file)) return undefined
  const [root, file] = [encodePath(editor.root.replace(/[\\/]+$/, '')), encodePath(place.file)]
  // All placeholders are replaced in one pass, so that a placeholder in a file name stays unchanged.
  const link = pattern.replace(/(\/?)\{(root|file|line|column)\}/g, (_, slash: string, name: string) => {
    if (name === 'line') return `${slash}${place.line}`
    if (name === 'column') return `${slash}${place.column ?? 1}`
    return `${slash}${name === 'file' ? file : slash === '' ? root : root.replace(/^\/+/, '')}`
  })
  return URL.canParse(link) ? link : undefined
}

/**
 * Returns whether a file is a plain relative path. Backslashes, colons and percent signs have a meaning in some
 * editors, even if they are encoded.
 */
function isBelowRoot(file: string): boolean {
  return !/[\\:%\p{Cs}]/u.test(file) && file.split('/').every(part => !['', '.', '..'].includes(part))
}

function encodePath(path: string): string {
  return path
    .split(/[\\/]/)
    .map(part => (DRIVE.test(part) ? part : encodeURIComponent(part)))
    .join('/')
}
