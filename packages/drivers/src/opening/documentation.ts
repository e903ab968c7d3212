/** Address of the documentation, which messages name: the packages do not contain it. `release/manifests.js` writes it. */
export const DOCUMENTATION = 'https://github.com/osprofiler/osprofiler-node/blob/main/docs'
