export { type PageSource, type PageTemplate, pageTemplate, pageTheme } from './page-template.js'
export { type RenderPageOptions, renderPage } from './render-page.js'
