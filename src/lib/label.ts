/** What a key or a team may be called: one line that says something, because names stand in logs, metrics and tables. */
export const label = /^(?=.*\S)[ -~\u00a0-\uffff]{1,100}$/

export const labelExpected = 'a name of at most 100 characters, in one line'
