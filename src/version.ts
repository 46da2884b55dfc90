import own from '../package.json'

export const version = own.version
