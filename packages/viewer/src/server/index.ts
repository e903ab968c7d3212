export { createViewer, type Viewer, type ViewerOptions } from './create-viewer.js'
