"""The wire: one client an organization, its lane, and the calls. Knows no plans beyond who an org is.

client    the rings in their order     connections  one request over httpx, which no other file knows
guard     what may not leave            retry     what is sent again, by meaning
tokens    who is asking                 pace      how fast, and the pause all of a host share
wire      JSON, YAML or HTML            refusals  from an answer to the error a person reads
paging    every entry of a listing      identity  whose organization answers
api       the calls                     specs     the calls about specs, in every generation
"""
