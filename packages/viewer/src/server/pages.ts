import { readdirSync, readFileSync } from 'node:fs'
import { pageTheme } from '../page-template.js'

/** A script or a style of the pages. */
export interface Asset {
  /** In the viewer's folder. */
  readonly path: string
  readonly type: string
  readonly text: string
}

const SCRIPTS = new URL('../list/', import.meta.url)
const STYLE = new URL('../../src/server/pages.css', import.meta.url)

/** The page of all traces. */
export function listPage(storeName: string): string {
  return page('Traces', storeName, 'list/main.js')
}

/** The page of two traces side by side. */
export function comparePage(storeName: string): string {
  return page('Compare', storeName, 'list/compare.js')
}

/**
 * What the pages load: their own scripts, as they were compiled, and styles.
 *
 * @throws Error when the pages were not built
 */
export function readAssets(): Asset[] {
  const scripts = listScripts()
  return [
    ...scripts.map(name => ({
      path: `list/${name}`,
      type: 'text/javascript; charset=utf-8',
      text: readFileSync(new URL(name, SCRIPTS), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'),
    })),
    { path: 'theme.css', type: 'text/css; charset=utf-8', text: pageTheme() },
    { path: 'pages.css', type: 'text/css; charset=utf-8', text: readFileSync(STYLE, 'utf8') },
  ]
}

function listScripts(): string[] {
  try {
    return readdirSync(SCRIPTS).filter(name => name.endsWith('.js'))
  } catch (cause) {
    throw new Error('The pages are not built: build them with "npx -y pnpm@12 build".', { cause })
  }
}

function page(title: string, storeName: string, script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - OSProfiler</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="theme.css">
<link rel="stylesheet" href="pages.css">
<script type="module" src="${script}"></script>
</head>
<body data-store="${escapeMarkup(storeName)}">
<div id="page"></div>
<noscript><p>These pages list traces with JavaScript, which is switched off here.</p></noscript>
</body>
</html>
`
}

function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
