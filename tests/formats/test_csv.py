from __future__ import annotations

from formats.csv import render


def test_excel_sees_that_it_is_unicode(talk):
    text = render(talk)
    assert text.startswith("\ufeffstart_time,end_time,speaker,text\n")
    assert text.endswith("3725.5,3727.0,SPEAKER_00,Über uns\n")


def test_a_row_per_word(talk):
    lines = render(talk, words=True).splitlines()
    assert lines[1] == "0,3.25,3.5,SPEAKER_00,Shall,0.9877,1.0,false,false"
    assert lines[2] == "0,3.5,3.625,SPEAKER_00,we,,,false,true"
