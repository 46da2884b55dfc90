/** The dialect's name, and by whose words things are sealed. */
export const dialectId = 'bedrock-converse'
