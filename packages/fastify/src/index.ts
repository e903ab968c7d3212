export {
  type OsprofilerOptions,
  osprofiler,
  osprofiler as default,
  osprofiler as 'module.exports',
} from './osprofiler.js'
