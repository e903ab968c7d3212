import { classProgram } from './classes.js'
import { functionProgram } from './functions.js'
import { generatorProgram } from './generators.js'
import { promiseProgram } from './promises.js'
import { streamProgram } from './streams.js'

/** The families of generated programs. */
export const FAMILIES = {
  functions: functionProgram,
  promises: promiseProgram,
  generators: generatorProgram,
  classes: classProgram,
  streams: streamProgram,
}
