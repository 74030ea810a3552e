"""OpenID4VP 1.0, the verifier: what wallets are asked for, how their answers come in, and what is believed of them."""
