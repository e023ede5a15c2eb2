"""From words to trials, and from trials to results.

grammar, expand   what the words after ``agil sweep`` mean
plan              expansion, identity and provenance, made durable
controller        the loop that hands attempts to slots
policy            what becomes of a trial after an attempt
launch            starting, finding and reaching controllers
process           the controller's process
"""
