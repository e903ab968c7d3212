export type { Editor } from '../protocol/editor-link.js'
export { createViewer, type Viewer, type ViewerOptions } from './create-viewer.js'
