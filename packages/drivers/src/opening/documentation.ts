/**
 * Address of the documentation, which messages refer to because the packages do not contain it. `release/manifests.js`
 * writes this line.
 */
export const DOCUMENTATION = 'https://github.com/osprofiler/osprofiler-node/blob/main/docs'
