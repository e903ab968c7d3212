import { showText } from '@osprofiler/report/toolkit'
import { escapeMarkup, readBuiltAsset } from '../../page/built-page.js'

/** Maximum number of characters that a page shows of an unknown trace name. */
const MAX_NAME_CHARS = 300

/** A script or a style sheet of the pages. */
export interface Asset {
  /** The path relative to the viewer's folder. */
  readonly path: string
  readonly type: string
  readonly text: string
}

/** Returns the page that lists all traces. Its script fetches the list. */
export function renderListPage(storeName: string): string {
  return renderAppPage('Traces', storeName, 'traces')
}

/** Returns the page that compares two traces. Its script fetches the comparison. */
export function renderComparePage(storeName: string): string {
  return renderAppPage('Compare', storeName, 'compare')
}

/** Returns the page for a missing trace. It needs a script only for the theme. */
export function renderMissingTracePage(reason: string, name: string, folder: string): string {
  const shown = escapeMarkup(showText(name, MAX_NAME_CHARS))
  return renderDocument(
    'Trace not found',
    'data-view="missing"',
    `<main class="notice">
<h1>Trace not found</h1>
<p>${escapeMarkup(reason)}</p>
<p><code class="missing-id"><bdi>${shown}</bdi></code></p>
<p class="notice-actions"><a href="${escapeMarkup(folder)}">All traces</a></p>
</main>`,
  )
}

/** Reads the built script and style sheet of the pages. Throws an Error if the pages were not built. */
export function readAssets(): Asset[] {
  return [
    { path: 'list.js', type: 'text/javascript; charset=utf-8', text: readBuiltAsset('list.js') },
    { path: 'list.css', type: 'text/css; charset=utf-8', text: readBuiltAsset('list.css') },
  ]
}

function renderAppPage(title: string, storeName: string, view: 'traces' | 'compare'): string {
  return renderDocument(
    title,
    `data-view="${view}" data-store="${escapeMarkup(storeName)}"`,
    `<div id="osprofiler"></div>
<noscript><p>This page needs JavaScript to list traces. Turn on JavaScript to see the list.</p></noscript>`,
  )
}

function renderDocument(title: string, attributes: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - OSProfiler</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="list.css">
<script defer src="list.js"></script>
</head>
<body ${attributes}>
${content}
</body>
</html>
`
}
