export { type PageTemplate, pageTemplate, pageTheme } from './page/page-template.js'
export { type RenderPageOptions, renderPage } from './page/render-page.js'
export type { Editor } from './protocol/editor-link.js'
export type { PageSource } from './protocol/page-source.js'
