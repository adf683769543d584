"""Files on a referral: what may come in, how it is kept, and how it leaves.

`checking` looks at the bytes without Django, in a process of its own (`sandbox`), so that a
hostile file meets limits of memory and time; `store` keeps them sealed; `scanner` asks ClamAV;
`serving` answers with them.
"""
