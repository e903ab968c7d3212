import { checkEditor } from '../protocol/editor-link.js'
import type { PageSource } from '../protocol/page-source.js'
import { createContentSecurityPolicy, embedJson, getBuiltPage, renderPageEnd, renderPageStart } from './built-page.js'

/** A page of one trace without its records, from `pageTemplate`, and the policy to send with the page. */
export interface PageTemplate {
  readonly html: string
  /**
   * The page's policy. The page contains the policy, but the server should also send it as a header, which can add
   * `frame-ancestors`.
   */
  readonly contentSecurityPolicy: string
}

const SAME_ORIGIN = "'self'"

/**
 * Returns the page of `renderPage` without records, for a server that serves the trace's records at `source.trace`. The
 * package's README describes what the page expects of the server.
 *
 * @throws TypeError if an address is not a path on the same origin or the editor is not usable, Error if the page was
 * not built
 */
export function pageTemplate(source: PageSource): PageTemplate {
  for (const path of [source.trace, source.events, source.list]) {
    if (path !== undefined && !isPath(path)) {
      throw new TypeError(
        `Not a path of the same origin: ${JSON.stringify(path)}. Give one that starts with a single "/".`,
      )
    }
  }
  checkEditor(source.editor)
  const page = getBuiltPage()
  const html = [
    renderPageStart(page, source.title ?? 'Trace', SAME_ORIGIN),
    `<script type="application/json" id="osprofiler-source">${embedJson(source)}</script>\n`,
    renderPageEnd(page),
  ].join('')
  return { html, contentSecurityPolicy: createContentSecurityPolicy(page.policy, SAME_ORIGIN) }
}

/**
 * Returns the colors and fonts of the page as CSS, with custom properties on `:root` for the light and the dark theme.
 */
export function pageTheme(): string {
  return getBuiltPage().theme
}

function isPath(path: string): boolean {
  return /^\/(?![/\\])[^\s\\]*$/.test(path)
}
