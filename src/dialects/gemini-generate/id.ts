/** The dialect's name, in the configuration and on what is sealed in its words. */
export const dialectId = 'gemini-generate'
