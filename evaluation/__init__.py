"""How right a transcript is: DER, WER and cpWER, through the field's own scorers. Nothing is counted here by hand."""
