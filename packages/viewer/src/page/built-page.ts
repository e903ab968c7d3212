import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { jsonText } from '@osprofiler/core/json'
import { showText } from '@osprofiler/report/toolkit'

/** The built application. */
export interface BuiltPage {
  readonly script: string
  readonly style: string
  readonly theme: string
  /**
   * The content security policy, which blocks everything except this script and this style. A page that fetches its
   * data adds `connect-src`.
   */
  readonly policy: string
}

const MAX_TITLE_CHARS = 300

let built: BuiltPage | undefined

/** Reads the built page. Throws an Error if it is missing: `npx -y pnpm@12 build` builds it. */
export function getBuiltPage(): BuiltPage {
  built ??= readBuiltPage()
  return built
}

/**
 * Returns the beginning of the page. The data must follow, and then the application, because the application reads the
 * data when it starts.
 */
export function renderPageStart({ style, policy }: BuiltPage, title: string, connectSources = "'none'"): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${createContentSecurityPolicy(policy, connectSources)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(showText(title, MAX_TITLE_CHARS))}</title>
<style>${style}</style>
</head>
<body>
<div id="osprofiler"><p class="opening" role="status">Opening the trace ...</p></div>
<noscript><p class="opening">This page needs JavaScript to draw a trace. Turn on JavaScript to see the trace.</p></noscript>
`
}

/** Returns the end of the page, which contains the application. */
export function renderPageEnd({ script }: BuiltPage): string {
  return `<script>${script}</script>\n</body>\n</html>\n`
}

/** Adds to a policy the addresses from which the page may fetch. */
export function createContentSecurityPolicy(policy: string, connectSources: string): string {
  return `${policy}; connect-src ${connectSources}`
}

/** Writes JSON for a `script` element. No record can end the element, or begin a comment in it. */
export function embedJson(value: unknown): string {
  return jsonText(value, 0).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function readBuiltPage(): BuiltPage {
  const script = readBuiltAsset('trace.js')
  const style = readBuiltAsset('trace.css')
  const policy = [
    "default-src 'none'",
    `script-src '${createHashSource(script)}'`,
    `style-src '${createHashSource(style)}'`,
    // Searches by regular expression run in a worker, because a slow expression can be stopped only there.
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types osprofiler',
  ].join('; ')
  return { script, style, theme: readBuiltAsset('theme.css'), policy }
}

/** Reads a built file. Throws an Error if the pages were not built. */
export function readBuiltAsset(name: string): string {
  const manifest = createRequire(import.meta.url).resolve('@osprofiler/viewer/package.json')
  try {
    return readFileSync(join(manifest, '../dist/pages', name), 'utf8')
  } catch (cause) {
    throw new Error(`The pages are not built: ${name} is missing. Run "npx -y pnpm@12 build".`, { cause })
  }
}

function createHashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** Escapes a string for the content of an HTML element or for a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
