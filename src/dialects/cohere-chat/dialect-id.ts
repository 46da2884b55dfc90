/** The dialect's name, and by whose words things are sealed. */
export const dialectId = 'cohere-chat'

/** What a thought is sealed with that Cohere told as its plan for the use of tools, so that it goes back as one. */
export const planMark = 'tool_plan'
