// Puts into dist/ what the compiler does not make: the pages of the viewer, and the font of the command's pictures.
// Removes what no source makes any more. Runs after `tsc -b`.

import './remove-strays.js'
import './packages/viewer/build-page.js'
import './packages/cli/copy-font.js'
